"""The artifacts that the drills deploy: each is built once, however many drills want it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sandbox.environment import local
from service import candidates

from rehearsal import commands
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from pathlib import Path

    from console.processes import Children
    from service.declaration import Service

FIRST = "first"
"""The service as it is, without any candidate's changes."""


class Artifacts:
    """Builds into a directory, by candidate name."""

    def __init__(self, directory: Path, service: Service) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        self._directory = directory
        self._service = service

    def of(self, candidate: str, children: Children) -> Path:
        """Return the directory of a candidate's artifact; raises StepError."""
        out = self._directory / candidate
        if not (out / "manifest.json").exists():
            overlay = None
            if candidate != FIRST:
                overlay = candidates.overlay(self._service, candidate, self._directory / "overlays")
            child = children.run(f"build-{candidate}", commands.build(out, overlay), local())
            if child.process.returncode:
                raise StepError(f"the build of {candidate} failed: {child.last_line}")
        return out
