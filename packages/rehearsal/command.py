"""How the commands of this package end."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

USAGE, INTERRUPTED = 2, 130


def ended(name: str, work: Callable[[], int]) -> int:
    """Do a command's work; return its status, 2 for bad input, 130 where it was interrupted.

    A cancelled job's SIGTERM ends the children as Ctrl-C does.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return work()
    except UsageError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print(f"{name}: interrupted; every child process has ended", file=sys.stderr)
        return INTERRUPTED


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
