"""Where orders ended: the rows of that table, and whether they add up."""

from collections.abc import Mapping
from typing import Any

# Key among the counts, what a person reads, whether anything but zero is a fault.
ROWS = (
    ("confirmed", "confirmed: one record in the table", False),
    ("rejected", "rejected: invalid, with its reasons", False),
    ("throttled", "throttled: refused with 429", False),
    ("deadLettered", "dead-lettered", False),
    ("failed", "failed: a function or transport error, no record", False),
    ("lost", "lost: accepted, yet found nowhere", True),
    ("unverified", "unverified: could not be looked up", True),
    ("duplicated", "duplicated: more than one effect", True),
)


def balance(orders: Mapping[str, Any] | None) -> int:
    """Return how many sent orders the table leaves unexplained (0 when all are accounted for)."""
    if orders is None:
        return 0
    ends = (orders[key] for key, _, _ in ROWS if key != "duplicated")
    return int(orders["sent"] - sum(ends))
