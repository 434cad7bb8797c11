"""How every command of ours reads its command line."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
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


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """Return what reads a whole number between bounds: the type of an argument."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            bounds = f"of {least} or more" if most == math.inf else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"{text} is not a whole number {bounds}")
        return int(text)

    return read


def positive(text: str) -> float:
    """Read a number above 0, and not infinite: the type of an argument."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def sentence(message: str) -> str:
    """Return argparse's complaint as a sentence."""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
