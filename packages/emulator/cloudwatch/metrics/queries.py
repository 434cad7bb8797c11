"""Lists of MetricDataQuery: read, checked, and evaluated over a grid of periods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.metrics.distribution import Statistic, parse_statistic
from emulator.cloudwatch.metrics.expressions import Expression, calls, invalid, names, parse
from emulator.cloudwatch.metrics.math import check_functions, evaluate
from emulator.cloudwatch.metrics.math_functions import FILL_WORDS, Context
from emulator.cloudwatch.metrics.math_values import Series, Value
from emulator.cloudwatch.metrics.store import MINUTE, Grid, Metric, MetricStore, Point, check_period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_CHAIN = 20
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class MetricStat:
    """One statistic of one metric per `period` AWS seconds; `unit` None: of its first unit."""

    metric: Metric
    statistic: Statistic
    period: int
    unit: str | None = None

    def points(self, store: MetricStore, grid: Grid) -> list[Point | None]:
        """The points of `grid`."""
        return store.points(self.metric, self.statistic, grid, self.unit)


@dataclass(frozen=True, slots=True)
class Query:
    """One query: exactly one of `stat` and `expression` is set; `label` None if none was given."""

    id: str
    stat: MetricStat | None
    expression: Expression | None
    period: int | None
    label: str | None
    return_data: bool


@dataclass(frozen=True, slots=True)
class Queries:
    """Queries that may refer to each other by id, without cycles."""

    by_id: Mapping[str, Query]
    periods: dict[str, int] = field(default_factory=dict)

    def returned(self) -> list[Query]:
        """Those whose data are asked for."""
        return [query for query in self.by_id.values() if query.return_data]

    def label(self, query: Query) -> str:
        """Its own label, else what tells the metrics of the request apart.

        That is the metric's name, and the statistic and the period where those asked for differ
        (recorded against AWS by LocalStack's tests: test_label_generation).
        """
        if query.label is not None or query.stat is None:
            return query.label or query.id
        asked = [other.stat for other in self.returned() if other.stat]
        parts = [query.stat.metric.name]
        if len({stat.statistic.name for stat in asked}) > 1:
            parts.append(query.stat.statistic.name)
        if len({stat.period for stat in asked}) > 1:
            parts.append(str(query.stat.period))
        return " ".join(parts)

    def needs(self, query: Query) -> list[Query]:
        """The queries that the expression of `query` reads directly."""
        if query.expression is None:
            return []
        found = [self.by_id[name] for name in sorted(names(query.expression) - set(FILL_WORDS))]
        if any(call.function == "METRICS" for call in calls(query.expression)):
            found += [other for other in self.by_id.values() if other.stat]
        return found

    def period(self, query: Query) -> int:
        """The period in AWS seconds: its own, else the longest of those it reads.

        AWS does not say how series of different periods combine; here all are read at the longest.
        """
        return self.periods[query.id]

    def value(self, store: MetricStore, query: Query, grid: Grid) -> Value:
        """The value of `query` over `grid`; a ValidationError for an expression that has none."""
        known: dict[str, Value] = {}

        def series(stat: MetricStat) -> Series:
            points = stat.points(store, grid)
            return Series(tuple(None if point is None else point.value for point in points))

        def resolve(name: str) -> Value:
            if name not in known:
                known[name] = of(self.by_id[name])
            return known[name]

        def of(wanted: Query) -> Value:
            if wanted.stat:
                return series(wanted.stat)
            assert wanted.expression is not None  # noqa: S101
            reads_all = any(call.function == "METRICS" for call in calls(wanted.expression))
            metrics = {
                other.id: series(other.stat)
                for other in self.by_id.values()
                if reads_all and other.stat
            }
            return evaluate(wanted.expression, resolve, Context(grid.period, metrics, grid.count))

        return of(query)


def parse_queries(raw: Sequence[Mapping[str, Any]]) -> Queries:
    """The queries of a request; a ValidationError for anything CloudWatch would refuse."""
    by_id: dict[str, Query] = {}
    for place, item in enumerate(raw, 1):
        if item["Id"] in by_id:
            raise invalid(f"The value for the id {item['Id']} is not unique")
        if not {"MetricStat", "Expression"} & item.keys():
            member = f"MetricDataQueries.member.{place}.MetricStat"
            raise invalid(f"The parameter {member} is required.\n")
        by_id[item["Id"]] = _query(item)
    queries = Queries(by_id)
    for query in by_id.values():
        _check_references(queries, query)
    for query in by_id.values():
        _settle_period(queries, query, ())
    return queries


def metric_of(raw: Mapping[str, Any]) -> Metric:
    """The metric that a structure with Namespace, MetricName and Dimensions names."""
    dimensions = [(item["Name"], item["Value"]) for item in raw.get("Dimensions", ())]
    if len({name for name, _ in dimensions}) < len(dimensions):
        raise invalid("A dimension name is given twice")
    return Metric.of(raw.get("Namespace", ""), raw.get("MetricName", ""), dimensions)


def _query(raw: Mapping[str, Any]) -> Query:
    if not _ID.fullmatch(raw["Id"]):
        raise invalid(f"The value {raw['Id']} for Id must begin with a lower-case letter")
    if {"MetricStat", "Expression"} <= raw.keys():
        raise invalid(f"The query {raw['Id']} has both MetricStat and Expression")
    stat = _stat(raw["MetricStat"]) if "MetricStat" in raw else None
    expression = parse(raw["Expression"]) if "Expression" in raw else None
    if expression is not None:
        check_functions(expression)
    if "Period" in raw:
        check_period(raw["Period"])
    shown = raw.get("ReturnData", True)
    return Query(raw["Id"], stat, expression, raw.get("Period"), raw.get("Label"), shown)


def _stat(raw: Mapping[str, Any]) -> MetricStat:
    check_period(raw["Period"])
    statistic = parse_statistic(raw["Stat"])
    return MetricStat(metric_of(raw["Metric"]), statistic, raw["Period"], raw.get("Unit"))


def _check_references(queries: Queries, query: Query) -> None:
    if query.expression is None:
        return
    for name in sorted(names(query.expression) - set(FILL_WORDS)):
        if name not in queries.by_id:
            raise invalid(f"Error in expression '{query.id}': the id {name} is not defined")


def _settle_period(queries: Queries, query: Query, above: tuple[str, ...]) -> int:
    """Find the period of `query` and of all it reads; ValidationError for a cycle."""
    if query.id in above or len(above) > _MAX_CHAIN:
        raise invalid(f"Error in expression '{query.id}': it refers to itself, or through too many")
    if query.id not in queries.periods:
        chain = (*above, query.id)
        read = [_settle_period(queries, need, chain) for need in queries.needs(query)]
        own = query.stat.period if query.stat else query.period
        queries.periods[query.id] = own or max(read, default=MINUTE)
    return queries.periods[query.id]
