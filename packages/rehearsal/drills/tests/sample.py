"""Drills whose outcome is given, for tests of what is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Observation, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.drills.environment import DrillEnvironment

SEEN = Observation("It was seen.", 1.5, 4.0)
NONE = {
    "sent": 10,
    "confirmed": 10,
    "rejected": 0,
    "deadLettered": 0,
    "throttled": 0,
    "failed": 0,
    "lost": 0,
    "unverified": 0,
    "duplicated": 0,
}


def never(_: DrillEnvironment) -> Observation:
    """Stand in for a drill that is not run."""
    raise AssertionError


DRILL = Drill("storm", "A storm is told", "far too many events", never)


def events(**counts: int) -> dict[str, int]:
    """Return counts of events by their end."""
    return NONE | counts


def row(
    observation: Observation | None = SEEN,
    counts: Mapping[str, int] | None = NONE,
    why: str = "",
    ends: frozenset[str] = DRILL.ends,
) -> Row:
    """Return an outcome."""
    return Row(replace(DRILL, ends=ends), observation, counts, 12.0, why)
