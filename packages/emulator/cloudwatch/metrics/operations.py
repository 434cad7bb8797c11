"""The operations on metrics themselves: put, list, and read as statistics or metric math."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.metrics.distribution import Distribution, parse_statistic
from emulator.cloudwatch.metrics.math_values import Array, Series
from emulator.cloudwatch.metrics.queries import Queries, Query, metric_of, parse_queries
from emulator.cloudwatch.metrics.samples import put_datum
from emulator.cloudwatch.metrics.store import MINUTE, Grid, Metric, MetricStore, check_period
from emulator.cloudwatch.wire.paging import page, place_of
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Parameters = dict[str, Any]
Result = dict[str, Any]

_MAX_QUERIES = 500
_MAX_POINTS = 100_800
_MAX_PERIODS = 1_000_000
_MAX_STATISTICS_POINTS = 1_440
_MAX_DATA = 1_000
_METRICS_PAGE = 500


class MetricOperations:
    """PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics over one store."""

    def __init__(self, store: MetricStore) -> None:
        self.store = store

    def operations(self) -> Mapping[str, Callable[[Parameters], Result]]:
        """Each operation by its name."""
        return {
            "PutMetricData": self.put_metric_data,
            "GetMetricData": self.get_metric_data,
            "GetMetricStatistics": self.get_metric_statistics,
            "ListMetrics": self.list_metrics,
        }

    def put_metric_data(self, given: Parameters) -> Result:
        """All data or, where one is refused, none of those after it."""
        entities = given.get("EntityMetricData", [])
        data = [*given.get("MetricData", [])]
        data += [datum for entity in entities for datum in entity.get("MetricData", [])]
        if given["Namespace"].startswith("AWS/"):
            value = given["Namespace"]
            raise AwsError(
                "InvalidParameterValue", f"The value {value} for parameter Namespace is invalid."
            )
        if len(data) > _MAX_DATA:
            raise AwsError(
                "InvalidParameterValue", "The collection MetricData must not have a size over 1000."
            )
        for place, datum in enumerate(data, 1):
            put_datum(self.store, given["Namespace"], datum, f"MetricData.member.{place}")
        return {}

    def get_metric_data(self, given: Parameters) -> Result:
        """Points newest first unless asked otherwise; gaps stay gaps (API reference)."""
        if len(given["MetricDataQueries"]) > _MAX_QUERIES:
            raise AwsError("ValidationError", "MetricDataQueries must not have more than 500 items")
        if given["StartTime"] >= given["EndTime"]:
            wrong = (
                "The parameter StartTime must not equal parameter EndTime."
                if given["StartTime"] == given["EndTime"]
                else "The parameter EndTime must be greater than StartTime."
            )
            raise AwsError("ValidationError", wrong)
        queries = parse_queries(given["MetricDataQueries"])
        grids = {query.id: self._grid(given, queries.period(query)) for query in queries.returned()}
        if sum(grid.count for grid in grids.values()) > _MAX_PERIODS:
            raise AwsError(
                "ValidationError", f"More than {_MAX_PERIODS} periods: this emulator reads no more"
            )
        results = [
            result
            for query in queries.returned()
            for result in self._results(queries, query, grids[query.id])
        ]
        if given.get("ScanBy") != "TimestampAscending":
            for result in results:
                result["Timestamps"].reverse()
                result["Values"].reverse()
        size = min(given.get("MaxDatapoints", _MAX_POINTS), _MAX_POINTS)
        shown, token = page_of_results(results, given.get("NextToken"), size)
        return {"MetricDataResults": shown, "NextToken": token, "Messages": []}

    def _grid(self, given: Parameters, period: int) -> Grid:
        return self.store.grid(given["StartTime"], given["EndTime"], period)

    def _results(self, queries: Queries, query: Query, grid: Grid) -> list[Result]:
        value, label = queries.value(self.store, query, grid), queries.label(query)
        if isinstance(value, Series):
            return [self._result(query, label, value, grid)]
        if isinstance(value, Array):
            return [
                self._result(query, f"{label} {name}", series, grid)
                for name, series in value.members
            ]
        raise AwsError(
            "ValidationError", f"The expression '{query.id}' must give a time series, not one value"
        )

    def _result(self, query: Query, label: str, series: Series, grid: Grid) -> Result:
        points = [
            (self.store.start_of(grid, index), value)
            for index, value in enumerate(series.values)
            if value is not None
        ]
        return {
            "Id": query.id,
            "Label": label,
            "Timestamps": [timestamp for timestamp, _ in points],
            "Values": [value for _, value in points],
            "StatusCode": "Complete",
            "Messages": self._messages(query, grid),
        }

    def _messages(self, query: Query, grid: Grid) -> list[dict[str, str]] | None:
        stat = query.stat
        units = self.store.units(stat.metric, grid) if stat and stat.unit is None else []
        if len(units) < 2:
            return None
        text = f"Multiple units returned: '[{', '.join(units)}]'"
        return [{"Code": "MultipleUnits", "Value": text}]

    def get_metric_statistics(self, given: Parameters) -> Result:
        """Points of one metric with the statistics asked for, those of each unit apart."""
        statistics = [*given.get("Statistics", []), *given.get("ExtendedStatistics", [])]
        if not statistics:
            raise AwsError(
                "InvalidParameterCombination",
                "Must specify either Statistics or ExtendedStatistics",
            )
        if given["StartTime"] >= given["EndTime"]:
            raise AwsError(
                "InvalidParameterValue",
                "The parameter StartTime must be less than the parameter EndTime.",
            )
        grid = self._statistics_grid(given)
        metric = metric_of(given)
        units = [given["Unit"]] if "Unit" in given else self.store.units(metric, grid)
        points = [
            self._datapoint(grid, index, found, statistics, unit)
            for unit in units
            for index, found in enumerate(self.store.distributions(metric, grid, unit))
            if found is not None
        ]
        return {"Label": metric.name, "Datapoints": points}

    def _statistics_grid(self, given: Parameters) -> Grid:
        check_period(given["Period"])
        seconds = (given["EndTime"] - given["StartTime"]) / self.store.minute * MINUTE
        asked = math.ceil(round(seconds / given["Period"], 3))
        if asked > _MAX_STATISTICS_POINTS:
            raise AwsError(
                "InvalidParameterCombination",
                f"You have requested up to {asked} datapoints, which exceeds the limit of "
                f"{_MAX_STATISTICS_POINTS}. You may reduce the datapoints requested by increasing "
                "Period, or decreasing the time range.",
            )
        return self._grid(given, given["Period"])

    def _datapoint(
        self, grid: Grid, index: int, found: Distribution, statistics: list[str], unit: str
    ) -> Result:
        point: Result = {
            "Timestamp": self.store.start_of(grid, index),
            "Unit": unit,
        }
        extended: dict[str, float] = {}
        for name in statistics:
            statistic = parse_statistic(name)
            value = statistic.of(found)
            if value is None:
                continue
            if statistic.rank is None:
                point[name] = value
            else:
                extended[name] = value
        return {**point, "ExtendedStatistics": extended} if extended else point

    def list_metrics(self, given: Parameters) -> Result:
        """Metrics that have data, 500 a page."""
        found = [_described(metric) for metric in self.store.metrics() if _wanted(metric, given)]
        metrics, token = page(found, given.get("NextToken"), _METRICS_PAGE)
        return {"Metrics": metrics, "NextToken": token}


def page_of_results(
    results: list[Result], token: str | None, size: int
) -> tuple[list[Result], str | None]:
    """The results with the `size` points that follow `token`, and the token of the next page.

    Points are counted over all results. One whose points go on is PartialData; one without points
    is on the first page.
    """
    first = place_of(token)
    begin, shown = 0, []
    for result in results:
        count = len(result["Values"])
        low, high = (min(max(end - begin, 0), count) for end in (first, first + size))
        if low < high or (count == 0 and first == 0):
            part = {name: result[name][low:high] for name in ("Timestamps", "Values")}
            status = "PartialData" if high < count else "Complete"
            shown.append({**result, **part, "StatusCode": status})
        begin += count
    return shown, str(first + size) if first + size < begin else None


def _wanted(metric: Metric, given: Parameters) -> bool:
    if given.get("Namespace", metric.namespace) != metric.namespace:
        return False
    if given.get("MetricName", metric.name) != metric.name:
        return False
    dimensions = dict(metric.dimensions)
    return all(
        item["Name"] in dimensions
        and item.get("Value", dimensions[item["Name"]]) == dimensions[item["Name"]]
        for item in given.get("Dimensions", [])
    )


def _described(metric: Metric) -> Result:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }
