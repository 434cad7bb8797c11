"""Where a run log is kept: a directory that is new, can be written to, and has room enough."""

from __future__ import annotations

import shutil
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from console.runs import new_run
from reporting import amounts

from load.run_log.log import EVENTS, RUN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BYTES_PER_EVENT: Final = 1_500
"""A line before it is sent, one for each of its few attempts, and the report's sorted copies."""


def free_bytes(directory: Path) -> int:
    """Return how much may still be written to a directory's file system."""
    return shutil.disk_usage(directory).free


def make_room(
    directory: Path, events: float = 0.0, free: Callable[[Path], int] = free_bytes
) -> None:
    """Make sure that a run of so many events can be booked in a directory, and create it.

    Raises UsageError when it holds a run already, cannot be written to, or has too little room.
    """
    make_writable(directory)
    if holds_run(directory):
        raise UsageError(f"{directory} already holds a run; give --run-log a new directory.")
    left, needed = free(directory), events * BYTES_PER_EVENT
    if left < needed:
        raise UsageError(
            f"The run log of about {amounts.count(events)} events takes "
            f"{amounts.megabytes(needed)} and "
            f"{directory} has {amounts.megabytes(left)} left; free some space, or give --run-log "
            "another place."
        )


def make_writable(directory: Path) -> None:
    """Create a directory, unless it is there. Raises UsageError when it cannot be written to."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=directory) as file:
            file.write(b"\n")
            file.flush()
    except OSError as error:
        raise UsageError(
            f"The run log cannot be written to {directory}: {error.strerror}."
        ) from error


def holds_run(directory: Path) -> bool:
    """Return whether a run was begun in a directory."""
    return (directory / EVENTS).exists() or (directory / RUN).exists()


def numbered(directory: Path, number: int) -> Path:
    """Return where the run `number` (from 1) goes of those that one process makes."""
    return directory if number == 1 else directory.with_name(f"{directory.name}-{number}")


def dated(parent: Path, now: float | None = None) -> Path:
    """Create a new directory for a run in `parent`. Raises UsageError."""
    try:
        return new_run(parent, now)
    except OSError as error:
        raise UsageError(f"The run log cannot be written to {parent}: {error.strerror}.") from error
