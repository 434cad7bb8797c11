"""What each lever of the build saves: the zip that is built without it, and without all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from artifact.levers import ALL, LEVERS

from bench.handler import callgrind, task_roots

if TYPE_CHECKING:
    from pathlib import Path

    from bench.handler.environment import Surroundings


class Variant(NamedTuple):
    """A zip without some levers; `init` are the instructions, None without valgrind."""

    zip_bytes: int
    init: int | None


VARIANTS = {**{f"without {name}": frozenset({name}) for name in LEVERS}, "plain": ALL}
"""By name, which levers are skipped."""


def measure(directory: Path, surroundings: Surroundings) -> dict[str, Variant]:
    """Build and count each variant, by its name."""
    found = {}
    for name, skipped in VARIANTS.items():
        subject, zip_bytes = task_roots.built(directory, name, skipped)
        counted = callgrind.available()
        init = callgrind.instructions(subject, surroundings) if counted else None
        found[name] = Variant(zip_bytes, init)
    return found
