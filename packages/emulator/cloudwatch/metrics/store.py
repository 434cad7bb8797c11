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
RETAINED_MINUTES = 1560
"""Minutes that each series keeps: a day, as an alarm of short periods may look back, and slack."""

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
    """`count` periods of `step` minutes each, the first beginning at minute number `first`."""

    first: int
    step: int
    count: int

    @property
    def period(self) -> int:
        """The period in AWS seconds."""
        return self.step * MINUTE


@dataclass(frozen=True, slots=True)
class Point:
    """One period's value; `timestamp` is the period's start in real seconds since the epoch."""

    timestamp: float
    value: float
    samples: float


class MetricStore:
    """The samples of every metric, added up by minute.

    A minute is 60 s divided by the clock's scale; timestamps are real. `put` costs a few dictionary
    look-ups; each series keeps `RETAINED_MINUTES` minutes and forgets the oldest.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.minute = clock.wait(MINUTE)
        """Real seconds that one minute of a metric takes."""
        self._series: dict[Metric, dict[str, dict[int, Distribution]]] = {}
        self._by_arguments: dict[tuple[str, str, Dimensions, str], dict[int, Distribution]] = {}

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

    def minute_of(self, timestamp: float) -> int:
        """The number of the minute that holds `timestamp`."""
        return math.floor(timestamp / self.minute)

    def start_of(self, minute: int) -> float:
        """The real time at which minute number `minute` begins."""
        return minute * self.minute

    def grid(self, start: float, end: float, period: int) -> Grid:
        """Periods of `period` AWS seconds from `start` (rounded down to a minute) until `end`."""
        step = steps(period)
        first = self.minute_of(start)
        return Grid(first, step, max(0, math.ceil((end / self.minute - first) / step)))

    def metrics(self) -> Iterator[Metric]:
        """Every metric that has data."""
        return iter(self._series)

    def units(self, metric: Metric) -> tuple[str, ...]:
        """The units under which `metric` has data, the latest first."""
        units = self._series.get(metric, {})
        return tuple(sorted(units, key=lambda unit: max(units[unit], default=0), reverse=True))

    def points(
        self, metric: Metric, statistic: Statistic, grid: Grid, unit: str | None = None
    ) -> list[Point | None]:
        """One entry per period of `grid`, None without data; by default of the latest unit."""
        return [
            _point(self.start_of(grid.first + index * grid.step), statistic, distribution)
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
        units = self._series.get(metric, {})
        chosen = unit if unit is not None else next(iter(self.units(metric)), "None")
        series = units.get(chosen, {})
        cells: list[list[Distribution]] = [[] for _ in range(grid.count)]
        for minute, distribution in series.items():
            index = (minute - grid.first) // grid.step
            if 0 <= index < grid.count:
                cells[index].append(distribution)
        return [merged(cell, values=values) for cell in cells]

    def forget_idle(self, now: float) -> None:
        """Drop the series whose newest minute is older than the retention."""
        oldest = self.minute_of(now) - RETAINED_MINUTES
        for metric, units in list(self._series.items()):
            for unit in [unit for unit, series in units.items() if max(series, default=0) < oldest]:
                del units[unit]
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


def steps(period: int) -> int:
    """How many minutes `period` AWS seconds are; ValidationError unless they are whole minutes."""
    if period < MINUTE:
        raise AwsError(
            "ValidationError",
            f"The period {period} is below 60: this emulator has no high-resolution metrics",
        )
    if period % MINUTE:
        raise AwsError("ValidationError", "The period must be a multiple of 60")
    return period // MINUTE


def _point(
    timestamp: float, statistic: Statistic, distribution: Distribution | None
) -> Point | None:
    if distribution is None:
        return None
    value = statistic.of(distribution)
    return None if value is None else Point(timestamp, value, distribution.count)
