"""The emulator's own directory, and those that killed emulators could not remove."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "emulated-aws-"
_LOCK = "lock"


class WorkDirectory:
    """A temporary directory, locked for as long as its emulator lives.

    The kernel gives the lock back however a process ends, so a directory whose lock is free belongs
    to nobody, even where its process id is in use again.
    """

    def __init__(self) -> None:
        sweep()
        self.path, self._lock = _made()
        while not (self.path / _LOCK).exists():  # swept by another before it was locked
            os.close(self._lock)
            self.path, self._lock = _made()

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        _remove(self.path)
        os.close(self._lock)


def _made() -> tuple[Path, int]:
    """A new directory and its lock, which another's sweep may have held first."""
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return path, lock


def sweep() -> None:
    """Remove what emulators of this user left that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(path / _LOCK, os.O_RDWR)
        except OSError:  # someone else's, or one that is just being made
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(path)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)


def _remove(path: Path) -> None:
    """Remove even what was made read-only, as unzipped code is."""
    for directory, _, _ in os.walk(path):
        os.chmod(directory, 0o700)  # noqa: PTH101 - os.walk gives texts
    shutil.rmtree(path, ignore_errors=True)
