"""Where events ended: the rows of that table, and whether they add up."""

from collections.abc import Mapping
from typing import Any

# Key among the counts, what a person reads, whether anything but zero is a fault.
ROWS = (
    ("confirmed", "confirmed", False),
    ("rejected", "rejected: invalid, with its reasons", False),
    ("throttled", "throttled: refused with 429", False),
    ("deadLettered", "dead-lettered: in the DLQ", False),
    ("failed", "failed: a function or transport error, no record", False),
    ("lost", "lost: accepted, yet found nowhere", True),
    ("unverified", "unverified: could not be looked up", True),
    ("duplicated", "duplicated: more than one effect", True),
)


def rows(counts: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Return the rows; only a service without a table has events of which no more is known."""
    accepted = ("accepted", "accepted: not in the DLQ; more is not known", False)
    return [*ROWS, *([accepted] if counts.get("accepted") else [])]


def balance(counts: Mapping[str, Any] | None) -> int:
    """Return how many sent events the table leaves unexplained (0 when all are accounted for)."""
    if counts is None:
        return 0
    ends = (counts[key] for key, _, _ in rows(counts) if key != "duplicated")
    return int(counts["sent"] - sum(ends))
