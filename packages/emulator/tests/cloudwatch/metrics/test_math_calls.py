"""Metric math as GetMetricData answers it: the documented rules for points that are missing."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.cloudwatch_client import NOON, Bench, bench

if TYPE_CHECKING:
    from emulator.tests.cloudwatch.metrics.expressions import Row

FLAGS: Row = [1, 1, 0, 0, None]
FIRST: Row = [30, None, 0, 0, 30]
SECOND: Row = [0, 0, 20, None, 20]


def moment(seconds: float) -> dt.datetime:
    """`seconds` after noon."""
    return dt.datetime.fromtimestamp(NOON + seconds, dt.UTC)


def put(at: Bench, series: dict[str, Row]) -> None:
    """One sample a minute from noon, none for None."""
    data: Any = [
        {"MetricName": name, "Value": value, "Timestamp": moment(60 * minute)}
        for name, row in series.items()
        for minute, value in enumerate(row)
        if value is not None
    ]
    if data:
        at.client.put_metric_data(Namespace="N", MetricData=data)


def ask(at: Bench, expression: str, names: list[str], minutes: int) -> Any:
    """The answer of GetMetricData for an expression over metrics of these names."""
    queries: list[Any] = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": "N", "MetricName": name},
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for name in names
    ]
    return at.client.get_metric_data(
        MetricDataQueries=[*queries, {"Id": "result", "Expression": expression}],
        StartTime=moment(0),
        EndTime=moment(60 * minutes),
        ScanBy="TimestampAscending",
    )


def row(expression: str, **series: Row) -> Row:
    """The points of an expression, None where it has none."""
    at = bench()
    put(at, series)
    minutes = len(next(iter(series.values())))
    (found,) = ask(at, expression, list(series), minutes)["MetricDataResults"]
    points = dict(zip(found["Timestamps"], found["Values"], strict=True))
    return [points.get(moment(60 * minute)) for minute in range(minutes)]


@pytest.mark.behaviour("W47", "W48")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(m1, m2, m3)", [30, 0, 20, 0, None]),
        ("IF(m1, m2)", [30, 0, None, None, None]),
        ("IF(m1, 5, m3)", [5, 5, 20, None, None]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5, None]),
    ],
)
def test_if_drops_or_zeroes_what_is_missing(expression: str, expected: Row) -> None:
    """The documentation's own three series."""
    assert row(expression, m1=FLAGS, m2=FIRST, m3=SECOND) == expected


@pytest.mark.behaviour("W43", "W44", "W45")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", [3, 1, 2, None]),
        ("a - b", [-1, 1, -2, None]),
        ("a * b", [2, 0, 0, None]),
        ("a / b", [0.5, None, 0, None]),
        ("b ^ 2", [4, None, 4, None]),
        ("a > b", [0, 1, 0, None]),
        ("a AND b", [1, 0, 0, None]),
        ("a || b", [1, 1, 1, None]),
        ("1 / (a - 1)", [None, None, None, None]),
    ],
)
def test_operators_and_missing_points(expression: str, expected: Row) -> None:
    """One missing side is 0, both are none; a division by zero has no point."""
    assert row(expression, a=[1, 1, None, None], b=[2, None, 2, None]) == expected


@pytest.mark.behaviour("W46")
def test_a_rate_without_traffic_is_missing_and_not_zero() -> None:
    """Neither as a plain share nor guarded by IF is there a point in an idle minute."""
    series: dict[str, Row] = {"errors": [1, 0, None], "runs": [4, 4, None]}
    assert row("100 * errors / runs", **series) == [25, 0, None]
    assert row("IF(runs > 0, 100 * errors / runs, 0)", **series) == [25, 0, None]


@pytest.mark.behaviour("W49", "W50", "W51", "W52", "W42")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FILL(a, 7)", [1, 7, 3, 7]),
        ("FILL(a, REPEAT)", [1, 1, 3, 3]),
        ("a + SUM(a)", [5, None, 7, None]),
        ("a + AVG(a)", [3, None, 5, None]),
        ("a + MAX(a) - MIN(a)", [3, None, 5, None]),
        ("SUM([a, b])", [3, 2, 5, 2]),
        ("SUM(METRICS())", [3, 2, 5, 2]),
        ("PERIOD(a) * TIME_SERIES(1)", [60, 60, 60, 60]),
        ("RATE(b)", [None, 0, 0, 0]),
        ("DIFF(b)", [None, 0, 0, 0]),
        ("RUNNING_SUM(b)", [2, 4, 6, 8]),
    ],
)
def test_functions_over_gaps(expression: str, expected: Row) -> None:
    """What each function gives where its series has a gap."""
    assert row(expression, a=[1, None, 3, None], b=[2, 2, 2, 2]) == expected


@pytest.mark.behaviour("W50", "W51", "W42")
@pytest.mark.parametrize("expression", ["SUM(a)", "sum([a])", "a +", "FILL(a)"])
def test_an_expression_that_gives_no_series_is_refused(expression: str) -> None:
    """A ValidationError; function names are upper case."""
    at = bench()
    put(at, {"a": [1.0]})
    with pytest.raises(ClientError) as caught:
        ask(at, expression, ["a"], 1)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.behaviour("W55")
def test_percentiles_need_raw_values() -> None:
    """None of a set of statistics unless all its values are equal, and none of negative ones."""
    at = bench()
    sets: Any = {
        "opaque": {"SampleCount": 9, "Sum": 45, "Minimum": 1, "Maximum": 9},
        "uniform": {"SampleCount": 10, "Sum": 50, "Minimum": 5, "Maximum": 5},
    }
    data: Any = [
        {"MetricName": name, "StatisticValues": values, "Timestamp": moment(0)}
        for name, values in sets.items()
    ]
    data.append({"MetricName": "negative", "Value": -1.0, "Timestamp": moment(0)})
    at.client.put_metric_data(Namespace="N", MetricData=data)
    found = {}
    for name in (*sets, "negative"):
        answer: Any = at.client.get_metric_statistics(
            Namespace="N",
            MetricName=name,
            StartTime=moment(0),
            EndTime=moment(60),
            Period=60,
            ExtendedStatistics=["p50"],
        )
        points = [point.get("ExtendedStatistics", {}) for point in answer["Datapoints"]]
        found[name] = [point["p50"] for point in points if point]
    assert found == {"opaque": [], "uniform": [5.0], "negative": []}
