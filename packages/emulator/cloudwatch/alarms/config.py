"""PutMetricAlarm's parameters: held against CloudWatch's rules and read into what is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from emulator.cloudwatch.alarms.rules import COMPARISONS, AlarmConfig, MissingData
from emulator.cloudwatch.metrics.distribution import is_percentile, parse_statistic
from emulator.cloudwatch.metrics.expressions import invalid
from emulator.cloudwatch.metrics.math_values import Series
from emulator.cloudwatch.metrics.queries import MetricStat, Queries, Query, metric_of, parse_queries
from emulator.cloudwatch.metrics.store import Grid, MetricStore, Point, check_period
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SINGLE_METRIC = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)
_NOT_EMULATED = (
    "ThresholdMetricId",
    "EvaluationCriteria",
    "EvaluationInterval",
    "ActionConfiguration",
)
_DAY = 86_400
SHORTEST_PERIOD = 10
"""AWS seconds of an alarm's shortest period, and of the pause until it is evaluated again."""


@dataclass(frozen=True, slots=True)
class MetricRule:
    """What a metric alarm looks at and judges it by; one of `stat` and `queries` is set."""

    config: AlarmConfig
    period: int
    stat: MetricStat | None
    queries: Queries | None = None

    def points(self, store: MetricStore, grid: Grid) -> list[Point | None]:
        """One entry per period of `grid`; an expression's points have no sample count (0)."""
        if self.stat:
            return self.stat.points(store, grid)
        assert self.queries is not None  # noqa: S101
        (query,) = self.queries.returned()
        if query.stat:
            return query.stat.points(store, grid)
        value = self.queries.value(store, query, grid)
        if not isinstance(value, Series):
            raise invalid(f"The expression '{query.id}' must give one time series")
        return [
            None if item is None else Point(store.start_of(grid, index), item, 0)
            for index, item in enumerate(value.values)
        ]

    def described(self) -> dict[str, Any]:
        """What StateReasonData says of the source."""
        described: dict[str, Any] = {"period": self.period}
        if self.stat:
            described = {"statistic": self.stat.statistic.name, **described}
            if self.stat.unit:
                described = {"unit": self.stat.unit, **described}
        return described


def parse_metric_alarm(given: Mapping[str, Any]) -> MetricRule:
    """The rule of `given`; a ValidationError for what CloudWatch or this emulator of it refuses."""
    for member in _NOT_EMULATED:
        if member in given:
            raise invalid(f"{member} is not one of the members that this emulator has")
    if "WallClockWindow" in given.get("EvaluationWindow", {}):
        raise invalid("WallClockWindow is not one of the windows that this emulator has")
    for member in ("EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if member not in given:
            raise invalid(f"The parameter {member} is required")
    queries = _queries(given)
    stat = None if queries else _stat(given)
    period = stat.period if stat else _returned_period(queries)
    if period < SHORTEST_PERIOD:
        raise invalid(f"The period {period} is not 10, 20, 30 or a multiple of 60")
    config = _config(given, stat)
    _check_span(period, config.evaluation_periods)
    return MetricRule(config, period, stat, queries)


def _queries(given: Mapping[str, Any]) -> Queries | None:
    if "Metrics" not in given:
        return None
    both = [member for member in _SINGLE_METRIC if member in given]
    if both:
        raise invalid(f"Metrics list and {both[0]} cannot both be set")
    queries = parse_queries(given["Metrics"])
    stats = sum(query.stat is not None for query in queries.by_id.values())
    if stats > 10 or len(queries.by_id) - stats > 10:
        raise invalid("Metrics must not have more than 10 metrics and 10 expressions")
    if len(queries.returned()) != 1:
        raise invalid("Exactly one element of the metrics list should return data")
    return queries


def _returned_period(queries: Queries | None) -> int:
    assert queries is not None  # noqa: S101
    query: Query = queries.returned()[0]
    return queries.period(query)


def _stat(given: Mapping[str, Any]) -> MetricStat:
    for member in ("MetricName", "Namespace", "Period"):
        if member not in given:
            raise invalid(f"The parameter {member} is required without a Metrics list")
    if ("Statistic" in given) == ("ExtendedStatistic" in given):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be set")
    check_period(given["Period"])
    named = given.get("Statistic") or given["ExtendedStatistic"]
    if "ExtendedStatistic" in given and not is_percentile(named):
        raise AwsError(
            "InvalidParameterValue",
            f"The value {named} for parameter ExtendedStatistic is not supported.",
        )
    statistic = parse_statistic(named)
    return MetricStat(metric_of(given), statistic, given["Period"], given.get("Unit"))


def _config(given: Mapping[str, Any], stat: MetricStat | None) -> AlarmConfig:
    periods = given["EvaluationPeriods"]
    needed = given.get("DatapointsToAlarm")
    if needed is not None and needed > periods:
        raise invalid("DatapointsToAlarm must not be more than EvaluationPeriods")
    if given["ComparisonOperator"] not in COMPARISONS:
        operator = given["ComparisonOperator"]
        raise invalid(f"The operator {operator} is not one that this emulator compares with")
    default = "ignore" if given.get("Namespace") == "AWS/DynamoDB" else "missing"
    missing = given.get("TreatMissingData", default)
    if missing not in get_args(MissingData):
        raise invalid(f"The value {missing} for TreatMissingData is invalid")
    return AlarmConfig(
        comparison=given["ComparisonOperator"],
        threshold=given["Threshold"],
        evaluation_periods=periods,
        datapoints_to_alarm=needed,
        missing_data=cast("MissingData", missing),
        least_samples=_least_samples(given, stat),
    )


def _least_samples(given: Mapping[str, Any], stat: MetricStat | None) -> float:
    """10 / (1 - p) samples and, for low p, 10 / p (User Guide, percentiles with low samples)."""
    mode = given.get("EvaluateLowSampleCountPercentile", "evaluate")
    if mode not in ("evaluate", "ignore"):
        raise invalid(
            f"Option {mode} is not supported. Supported options for parameter "
            "EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    rank = stat.statistic.rank if stat else None
    if mode == "evaluate" or rank is None or not 0 < rank < 100:
        return 0.0
    return round(1000 / min(rank, 100 - rank), 6)


def _check_span(period: int, periods: int) -> None:
    limit = 7 * _DAY if period >= 3600 else _DAY
    if period * periods > limit:
        raise invalid(
            "Metrics cannot be checked across more than "
            f"{'seven days' if period >= 3600 else 'a day'} (EvaluationPeriods * Period must be "
            f"<= {limit})."
        )
