"""Metrics as CloudWatch keeps them: one time series per namespace, name, dimensions and unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from emulator.cloudwatch.metrics.distribution import (
    DISTINCT_VALUES,
    Distribution,
    Statistic,
    merged,
)
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from emulator.clock import Clock

Dimensions = tuple[tuple[str, str], ...]

MINUTE = 60
HIGH_RESOLUTION_PERIODS = (1, 5, 10, 20, 30)
"""The periods below a minute, in AWS seconds (API reference, MetricStat)."""
RETAINED_MINUTES = 1560
"""Minutes that each series keeps: a day, as an alarm of short periods may look back, and slack."""
RETAINED_SECONDS = 10_800
"""Seconds with data that a high-resolution series keeps beside its minutes (three hours in AWS)."""

PACKED = ((2, DISTINCT_VALUES), (15, 128))
"""After how many later minutes with data a minute's values are packed, and how many are kept."""


@dataclass(frozen=True, slots=True)
class Metric:
    """The identity of a metric; `dimensions` are sorted by name."""

    namespace: str
    name: str
    dimensions: Dimensions = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Iterable[tuple[str, str]] = ()) -> Metric:
        """The metric whatever the order its dimensions were given in."""
        return cls(namespace, name, tuple(sorted(dimensions)))


@dataclass(frozen=True, slots=True)
class Grid:
    """`count` periods of `period` AWS seconds each, the first beginning at AWS second `first`."""

    first: int
    period: int
    count: int


@dataclass(frozen=True, slots=True)
class Point:
    """One period's value; `timestamp` is the period's start in real seconds since the epoch."""

    timestamp: float
    value: float
    samples: float


class MetricStore:
    """The samples of every metric, added up by minute; those of high resolution by second too.

    A minute is 60 s divided by the clock's scale; timestamps are real. `put` costs a few dictionary
    look-ups; each series keeps `RETAINED_MINUTES` minutes and forgets the oldest.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.minute = clock.wait(MINUTE)
        """Real seconds that one minute of a metric takes."""
        self._series: dict[Metric, dict[str, dict[int, Distribution]]] = {}
        self._by_arguments: dict[tuple[str, str, Dimensions, str], dict[int, Distribution]] = {}
        self._seconds: dict[tuple[Metric, str], dict[int, Distribution]] = {}

    def put(
        self,
        namespace: str,
        name: str,
        dimensions: Dimensions,
        value: float,
        timestamp: float,
        unit: str = "None",
    ) -> None:
        """Add one sample taken at `timestamp` (seconds since the epoch)."""
        series = self._by_arguments.get((namespace, name, dimensions, unit))
        if series is None:
            series = self._open(namespace, name, dimensions, unit)
        minute = int(timestamp // self.minute)
        distribution = series.get(minute)
        if distribution is None:
            distribution = self._begin(series, minute)
        distribution.add(value)

    def at(self, metric: Metric, unit: str, timestamp: float) -> Distribution:
        """The distribution of the minute of `timestamp`, for samples with a count or as a set."""
        series = self._open(metric.namespace, metric.name, metric.dimensions, unit)
        minute = int(timestamp // self.minute)
        return series.get(minute) or self._begin(series, minute)

    def second_at(self, metric: Metric, unit: str, timestamp: float) -> Distribution:
        """The distribution of the AWS second of `timestamp`, for samples of high resolution.

        They are to be added to their minute as well.
        """
        series = self._seconds.setdefault((metric, unit), {})
        if len(series) > RETAINED_SECONDS:
            del series[next(iter(series))]
        return series.setdefault(self.floor(timestamp, 1), Distribution())

    def minute_of(self, timestamp: float) -> int:
        """The number of the minute that holds `timestamp`."""
        return math.floor(timestamp / self.minute)

    def start_of(self, grid: Grid, index: int) -> float:
        """The real time at which period `index` of `grid` begins."""
        return (grid.first + index * grid.period) / MINUTE * self.minute

    def grid(self, start: float, end: float, period: int) -> Grid:
        """Periods of `period` AWS seconds from `start` until `end`.

        `start` is rounded down to a minute, or to a shorter period (API reference, GetMetricData).
        """
        first = self.floor(start, min(period, MINUTE))
        count = math.ceil((end / self.minute - first / MINUTE) * MINUTE / period)
        return Grid(first, period, max(0, count))

    def floor(self, timestamp: float, multiple: int) -> int:
        """The number of the last AWS second up to `timestamp` that is a multiple of `multiple`."""
        return math.floor(timestamp / self.minute * (MINUTE // multiple)) * multiple

    def metrics(self) -> Iterator[Metric]:
        """Every metric that has data."""
        return iter(self._series)

    def units(self, metric: Metric, grid: Grid) -> list[str]:
        """The units under which `metric` has data in `grid`, by name."""
        found = sorted(self._series.get(metric, {}))
        return [unit for unit in found if any(self._cells(metric, unit, grid))]

    def points(
        self, metric: Metric, statistic: Statistic, grid: Grid, unit: str | None = None
    ) -> list[Point | None]:
        """One entry per period of `grid`, None without data; by default of the first unit."""
        return [
            _point(self.start_of(grid, index), statistic, distribution)
            for index, distribution in enumerate(
                self.distributions(metric, grid, unit, values=statistic.rank is not None)
            )
        ]

    def distributions(
        self, metric: Metric, grid: Grid, unit: str | None = None, *, values: bool = True
    ) -> list[Distribution | None]:
        """The samples of each period of `grid`, to be read only; None where there are none.

        Percentiles need `values` (see `merged`).
        """
        chosen = unit if unit is not None else next(iter(self.units(metric, grid)), "None")
        return [merged(cell, values=values) for cell in self._cells(metric, chosen, grid)]

    def _cells(self, metric: Metric, unit: str, grid: Grid) -> list[list[Distribution]]:
        series, width = self._series.get(metric, {}).get(unit, {}), MINUTE
        if grid.period < MINUTE and (metric, unit) in self._seconds:
            series, width = self._seconds[metric, unit], 1
        cells: list[list[Distribution]] = [[] for _ in range(grid.count)]
        for number, distribution in series.items():
            index = (number * width - grid.first) // grid.period
            if 0 <= index < grid.count:
                cells[index].append(distribution)
        return cells

    def forget_idle(self, now: float) -> None:
        """Drop the series whose newest minute is older than the retention."""
        oldest = self.minute_of(now) - RETAINED_MINUTES
        for metric, units in list(self._series.items()):
            for unit in [unit for unit, series in units.items() if max(series, default=0) < oldest]:
                del units[unit]
                self._seconds.pop((metric, unit), None)
            if not units:
                del self._series[metric]
        self._by_arguments.clear()

    def _open(
        self, namespace: str, name: str, dimensions: Dimensions, unit: str
    ) -> dict[int, Distribution]:
        metric = Metric.of(namespace, name, dimensions)
        series = self._series.setdefault(metric, {}).setdefault(unit, {})
        self._by_arguments[(namespace, name, dimensions, unit)] = series
        return series

    @staticmethod
    def _begin(series: dict[int, Distribution], minute: int) -> Distribution:
        distribution = series[minute] = Distribution()
        for age, limit in PACKED:
            for past in islice(reversed(series), age, age + 1):
                series[past].pack(limit)
        if len(series) > RETAINED_MINUTES:
            del series[min(series)]
        return distribution


def check_period(period: int) -> None:
    """Refuse what is no period of CloudWatch's, with a ValidationError."""
    if period not in HIGH_RESOLUTION_PERIODS and (period < MINUTE or period % MINUTE):
        raise AwsError(
            "ValidationError", f"The period {period} is not 1, 5, 10, 20, 30 or a multiple of 60"
        )


def _point(
    timestamp: float, statistic: Statistic, distribution: Distribution | None
) -> Point | None:
    if distribution is None:
        return None
    value = statistic.of(distribution)
    return None if value is None else Point(timestamp, value, distribution.count)
