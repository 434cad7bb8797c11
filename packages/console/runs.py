"""A new directory for each run, so that two at once never meet; `latest` leads to the newest."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LATEST: Final = "latest"


def new_run(parent: Path, now: float | None = None) -> Path:
    """Create a directory in `parent`, named by the time in UTC (epoch seconds; now by default).

    Raises OSError.
    """
    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        directory = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):
            directory.mkdir()
            break
        number += 1
    link = parent / f".{LATEST}-{directory.name}"
    link.symlink_to(directory.name)
    link.replace(parent / LATEST)
    return directory
