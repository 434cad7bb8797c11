"""Quantiles of any number of values in bounded memory: values are kept to four significant digits.

As HdrHistogram does (https://hdrhistogram.org): what is lost is at most half of a thousandth of a
value, and a million latencies take no more room than the few thousand that differ.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence


Z95: Final = 1.96
"""Half the width of a 95 % interval in standard errors, of many values."""


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile of ascending values, or None when there are none."""
    if not ordered:
        return None
    return ordered[_rank(share, len(ordered)) - 1]


class Quantiles:
    """How often each value came."""

    def __init__(self) -> None:
        self._counts: Counter[float] = Counter()

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[float(f"{value:.3e}")] += 1

    def at(self, *shares: float) -> list[float | None]:
        """Return the nearest-rank percentile at each share (0..1); None of no values."""
        total = self._counts.total()
        found: list[float | None] = [None] * len(shares)
        waiting = sorted(range(len(shares)), key=lambda number: shares[number], reverse=True)
        seen = 0
        for value, count in sorted(self._counts.items()):
            seen += count
            while waiting and seen >= _rank(shares[waiting[-1]], total):
                found[waiting.pop()] = value
        return found


def _rank(share: float, total: int) -> int:
    return max(1, math.ceil(share * total))
