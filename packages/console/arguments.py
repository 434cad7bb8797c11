"""How every command of ours reads its command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text, and ends with 2."""

    def error(self, message: str) -> NoReturn:
        """End."""
        self.exit(2, f"{sentence(message)}\n")


class RaisingParser(Parser):
    """The same for a `main` that returns its exit status: raises UsageError instead of ending."""

    def error(self, message: str) -> NoReturn:
        """Raise."""
        raise UsageError(sentence(message))


def pair(text: str) -> tuple[str, str]:
    """Read KEY=VALUE: the type of an argument."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    return key, value


def sentence(message: str) -> str:
    """Return argparse's complaint as a sentence."""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
