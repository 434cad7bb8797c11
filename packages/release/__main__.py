"""`python -m release --outputs FILE COMMAND`."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from console import closed_output

from release.cli.main import main

if TYPE_CHECKING:
    from types import FrameType


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A cancelled job's SIGTERM ends a watch as Ctrl-C does: with the alias put back."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    closed_output.tolerate()
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(main(sys.argv[1:]))
