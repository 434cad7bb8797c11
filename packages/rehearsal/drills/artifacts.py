"""The artifacts that the drills deploy: each is built once, however many drills want it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sandbox.environment import local

from rehearsal import commands
from rehearsal.journal import StepError
from rehearsal.settings import CANDIDATES

if TYPE_CHECKING:
    from pathlib import Path

    from console.processes import Children

FIRST = "first"
"""The service as it is, without any candidate's changes."""


class Artifacts:
    """Builds into a directory, by candidate name."""

    def __init__(self, directory: Path) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        self._directory = directory

    def of(self, candidate: str, children: Children) -> Path:
        """Return the directory of a candidate's artifact; raises StepError."""
        out = self._directory / candidate
        if not (out / "manifest.json").exists():
            overlay = None if candidate == FIRST else CANDIDATES / candidate
            child = children.run(f"build-{candidate}", commands.build(out, overlay), local())
            if child.process.returncode:
                raise StepError(f"the build of {candidate} failed: {child.last_line}")
        return out
