"""Starting the emulated AWS, for whoever rehearses on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rehearsal.processes import Child, Children

START_SECONDS = 60.0


def start(
    children: Children, command: Sequence[str], env_file: Path, environment: dict[str, str]
) -> Child:
    """Start the emulator by `command`, which writes `env_file` once it is ready.

    Adds the variables that lead clients to it to `environment`; raises StepError.
    """
    env_file.unlink(missing_ok=True)
    child = children.start("emulator", command, environment)
    deadline = time.monotonic() + START_SECONDS
    while not env_file.exists():
        if child.process.poll() is not None:
            raise StepError(f"the emulator ended: {child.last_line}")
        if time.monotonic() > deadline:
            raise StepError(f"the emulator was not ready after {START_SECONDS:.0f} s")
        time.sleep(0.05)
    lines = env_file.read_text(encoding="utf-8").splitlines()
    environment |= dict(line.split("=", 1) for line in lines if "=" in line)
    return child
