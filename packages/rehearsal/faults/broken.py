"""Bugs put into a copy of a service, which a run has to find: proof that it can fail.

Each replaces one piece of the package's source in a copy that is laid over the artifact; the source
itself is never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

from rehearsal.faults.oracle import load

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Service


def overlay(service: Service, name: str, directory: Path) -> Path:
    """Write the broken module below `directory`; returns the overlay for the artifact's builder.

    Raises UsageError where there is no such breakage or the source no longer has its piece once.
    """
    known = load(service).breakages()
    if name not in known:
        raise UsageError(f"There is no breakage '{name}': choose one of {', '.join(known)}.")
    breakage = known[name]
    source = (service.package / breakage.module).read_text(encoding="utf-8")
    if source.count(breakage.old) != 1:
        raise UsageError(
            f"Breakage '{name}' no longer fits {breakage.module}: bring "
            f"services/{service.name}/faults.py up to date."
        )
    package = directory / service.name
    package.mkdir(parents=True, exist_ok=True)
    (package / breakage.module).write_text(
        source.replace(breakage.old, breakage.new), encoding="utf-8"
    )
    return directory
