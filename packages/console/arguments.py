"""How every command of ours reads its command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage text, and ends with 2."""

    def error(self, message: str) -> NoReturn:
        """End."""
        self.exit(2, f"{sentence(message)}\n")


def sentence(message: str) -> str:
    """Return argparse's complaint as a sentence."""
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
