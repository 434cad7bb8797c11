"""What one metric's samples of one period add up to, and the statistics read from it."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DISTINCT_VALUES = 512
"""Distinct values a distribution keeps exactly; beyond it neighbours are merged."""

_NO_VALUES: dict[float, float] = {}
_FIRST_GAMMA = 1.02
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)")
_SIMPLE = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


class Distribution:
    """Count, sum, minimum, maximum and the multiset of values of one period.

    Count, sum and extremes are exact. The multiset is exact up to `DISTINCT_VALUES` distinct
    values; beyond, values within 2 % of each other share one representative, so that a percentile
    is at most 1 % off (3 % where the values of one period span more than a factor of 25,000, and
    roughly twice that for each further squaring of the span). Whatever is put, memory is bounded
    by `DISTINCT_VALUES` entries.
    """

    __slots__ = ("_packed", "count", "gamma", "maximum", "minimum", "opaque", "total", "values")

    def __init__(self) -> None:
        self._packed: array[float] | None = None
        self.count = 0.0
        self.total = 0.0
        self.minimum = math.inf
        self.maximum = -math.inf
        self.values: dict[float, float] = {}
        self.gamma = 1.0
        self.opaque = False

    def add(self, value: float, count: float = 1.0) -> None:
        """Take in `value`, seen `count` times."""
        self.count += count
        self.total += value * count
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value
        if self._packed is not None:
            self._unpack()
        if self.gamma != 1.0:
            value = _representative(value, self.gamma)
        values = self.values
        values[value] = values.get(value, 0.0) + count
        if len(values) > DISTINCT_VALUES:
            self._coarsen()

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """Take in a statistic set; one that is not uniform makes percentiles unavailable."""
        if count == 1 or (minimum == maximum and math.isclose(total, minimum * count)):
            self.add(minimum, count)
            return
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.opaque = True

    def pack(self, limit: int) -> None:
        """Take little memory from now on, for a period that is over: `limit` values, in arrays."""
        if self._packed is not None:
            if len(self._packed) <= 2 * limit:
                return
            self._unpack()
        self._coarsen(limit)
        self._packed = array("d", [*self.values, *self.values.values()])
        self.values = _NO_VALUES

    def multiset(self) -> Iterable[tuple[float, float]]:
        """Each value with how often it was seen."""
        packed = self._packed
        if packed is None:
            return self.values.items()
        half = len(packed) // 2
        return zip(packed[:half], packed[half:], strict=True)

    def percentile(self, rank: float) -> float | None:
        """The smallest value that at least `rank` per cent of the samples do not exceed.

        None with statistic sets or negative values (CloudWatch User Guide, concepts, percentiles).
        """
        multiset = sorted(self.multiset())
        if self.opaque or self.minimum < 0 or not multiset:
            return None
        wanted = self.count * rank / 100 * (1 - 1e-12)
        seen = 0.0
        for value, count in multiset:
            seen += count
            if seen >= wanted:
                return min(max(value, self.minimum), self.maximum)
        return self.maximum

    def _unpack(self) -> None:
        self.values = dict(self.multiset())
        self._packed = None

    def _coarsen(self, limit: int = DISTINCT_VALUES) -> None:
        while len(self.values) > limit:
            self.gamma = _FIRST_GAMMA if self.gamma == 1.0 else self.gamma * self.gamma
            coarser: dict[float, float] = {}
            for value, count in self.values.items():
                key = _representative(value, self.gamma)
                coarser[key] = coarser.get(key, 0.0) + count
            self.values = coarser


def _representative(value: float, gamma: float) -> float:
    """The centre, on a logarithmic scale, of the cell of ratio `gamma` that holds `value`."""
    if value == 0:
        return 0.0
    exponent = round(math.log(abs(value)) / math.log(gamma))
    return math.copysign(math.exp(exponent * math.log(gamma)), value)


@dataclass(frozen=True, slots=True)
class Statistic:
    """One of CloudWatch's statistics: a simple one, or a percentile with `rank` in per cent."""

    name: str
    rank: float | None = None

    def of(self, distribution: Distribution) -> float | None:
        """The value of this statistic, None where the samples do not allow it."""
        if self.rank is not None:
            return distribution.percentile(self.rank)
        match self.name:
            case "SampleCount":
                return distribution.count
            case "Sum":
                return distribution.total
            case "Average":
                return distribution.total / distribution.count if distribution.count else None
            case "Minimum":
                return distribution.minimum
            case _:
                return distribution.maximum


def is_percentile(text: str) -> bool:
    """Whether it is written as a percentile such as `p99.9`."""
    return _PERCENTILE.fullmatch(text) is not None


def parse_statistic(text: str) -> Statistic:
    """A simple statistic or a percentile such as `p99.9`; ValidationError for any other."""
    if text in _SIMPLE:
        return Statistic(text)
    if match := _PERCENTILE.fullmatch(text):
        return Statistic(text, float(match[1]))
    raise AwsError(
        "ValidationError", f"The statistic {text} is not one that this emulator computes"
    )


def merged(parts: Sequence[Distribution], *, values: bool = True) -> Distribution | None:
    """All of `parts` as one, to be read only; None where there are none.

    The multiset, which only percentiles need and which takes the time, is left out unless `values`.
    It is as exact as those of the parts: what is merged for one reading need not be bounded.
    """
    if len(parts) <= 1:
        return parts[0] if parts else None
    whole = Distribution()
    for part in parts:
        whole.count += part.count
        whole.total += part.total
        whole.minimum = min(whole.minimum, part.minimum)
        whole.maximum = max(whole.maximum, part.maximum)
        whole.opaque = whole.opaque or part.opaque
        for value, count in part.multiset() if values else ():
            whole.values[value] = whole.values.get(value, 0.0) + count
    return whole
