"""Processes below one another, as /proc has them, for tests that end a parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0
_PR_SET_CHILD_SUBREAPER = 36


def descendants(pid: int) -> dict[int, str]:
    """The processes below one that still run, with their command lines."""
    children: dict[int, list[int]] = defaultdict(list)
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, parent = (place / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                children[int(parent)].append(int(place.name))
    found, left = {}, [pid]
    while left:
        for child in children[left.pop()]:
            left.append(child)
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{child}/cmdline").read_bytes()
                found[child] = line.replace(b"\0", b" ").decode(errors="replace")
    return found


class Orphanage:
    """This process takes in what its descendants leave behind, so that it can be seen."""

    def __init__(self) -> None:
        self._before = set(descendants(os.getpid()))

    def left(self) -> dict[int, str]:
        """What still runs of all that came since."""
        now = descendants(os.getpid())
        return {pid: line for pid, line in now.items() if pid not in self._before}

    def empties(self) -> bool:
        """Wait a bounded time until nothing of it runs."""
        deadline = time.monotonic() + PATIENCE
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.left()


@contextlib.contextmanager
def orphanage() -> Iterator[Orphanage]:
    """See orphans for as long as the context lasts; whatever is left then is killed."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    taken = Orphanage()
    try:
        yield taken
    finally:
        for pid in taken.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)
