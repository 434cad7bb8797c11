from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import cbor2
import pytest
from botocore.exceptions import ClientError
from emulator.cloudwatch.metrics.store import Metric
from emulator.cloudwatch.wire.values import iso8601
from emulator.http import Request
from emulator.tests.cloudwatch_client import NOON, PROTOCOLS, Bench, bench

UTC = dt.UTC


ORDERS: Any = [{"Name": "service", "Value": "orders"}]


STAT: Any = {
    "Id": "m",
    "MetricStat": {
        "Metric": {"Namespace": "Orders", "MetricName": "Placed", "Dimensions": ORDERS},
        "Period": 60,
        "Stat": "Sum",
    },
}


def moment(seconds: float) -> dt.datetime:
    """`seconds` after noon."""
    return dt.datetime.fromtimestamp(NOON + seconds, UTC)


def put(at: Bench, *values: float) -> None:
    """One sample a minute, from noon."""
    at.client.put_metric_data(
        Namespace="Orders",
        MetricData=[
            {
                "MetricName": "Placed",
                "Dimensions": ORDERS,
                "Value": value,
                "Timestamp": moment(minute * 60 + 0.5),
                "Unit": "Count",
            }
            for minute, value in enumerate(values)
        ],
    )


def read(at: Bench, *queries: Any, end: float = 300, **options: Any) -> list[dict[str, Any]]:
    """The results of GetMetricData from noon."""
    answer = at.client.get_metric_data(
        MetricDataQueries=list(queries), StartTime=moment(0), EndTime=moment(end), **options
    )
    return [dict(item) for item in answer["MetricDataResults"]]


@pytest.mark.behaviour("W37", "W39", "W40")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_over_each_protocol(protocol: str) -> None:
    """W37, W39, W40 (CloudWatch API reference, GetMetricData): values newest first, stamped."""
    at = bench(protocol)
    put(at, 1.5, 2, 4)
    (found,) = read(at, STAT)
    assert found["Values"] == [4, 2, 1.5]
    assert [stamp.timestamp() for stamp in found["Timestamps"]] == [NOON + 120, NOON + 60, NOON]
    assert (found["Label"], found["StatusCode"]) == ("Placed", "Complete")


@pytest.mark.behaviour("W56")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_statistics_over_each_protocol(protocol: str) -> None:
    """W56 (CloudWatch API reference, GetMetricStatistics): simple and extended statistics."""
    at = bench(protocol)
    put(at, 1, 3)
    answer = at.client.get_metric_statistics(
        Namespace="Orders",
        MetricName="Placed",
        Dimensions=ORDERS,
        StartTime=moment(0),
        EndTime=moment(120),
        Period=120,
        Statistics=["Sum", "SampleCount", "Maximum"],
        ExtendedStatistics=["p99"],
    )
    (point,) = answer["Datapoints"]
    assert point["Timestamp"].timestamp() == NOON
    assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (4, 2, 3)
    assert (point["ExtendedStatistics"], point["Unit"]) == ({"p99": 3}, "Count")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_refusals_over_each_protocol(protocol: str) -> None:
    """botocore model, awsQueryCompatible: the wire code is the query code in every protocol."""
    at = bench(protocol)
    with pytest.raises(at.client.exceptions.InvalidParameterCombinationException) as caught:
        at.client.get_metric_statistics(
            Namespace="Orders",
            MetricName="Placed",
            StartTime=moment(0),
            EndTime=moment(60),
            Period=60,
        )
    error = caught.value.response["Error"]
    assert (error["Code"], error.get("Type")) == ("InvalidParameterCombination", "Sender")
    assert error["Message"] == "Must specify either Statistics or ExtendedStatistics"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_missing_operations_are_named(protocol: str) -> None:
    """An operation that the emulator lacks is refused by its name, not with a 500."""
    with pytest.raises(ClientError, match="DescribeAnomalyDetectors is not one") as caught:
        bench(protocol).client.describe_anomaly_detectors()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_large_bodies_are_compressed_and_read(protocol: str) -> None:
    """botocore compresses PutMetricData from 10 KB on."""
    at = bench(protocol)
    data: Any = [{"MetricName": f"m{index}", "Value": 1} for index in range(1000)]
    at.client.put_metric_data(Namespace="Orders", MetricData=data)
    assert len(list(at.store.metrics())) == 1000


@pytest.mark.behaviour("W37")
def test_points_can_come_oldest_first() -> None:
    """W37 (CloudWatch API reference, GetMetricData): ScanBy TimestampAscending."""
    at = bench()
    put(at, 1, 2)
    assert read(at, STAT, ScanBy="TimestampAscending")[0]["Values"] == [1, 2]


@pytest.mark.behaviour("W37", "W38")
def test_start_is_inclusive_and_end_exclusive() -> None:
    """W37, W38 (CloudWatch API reference, GetMetricData): start rounded down to a minute."""
    at = bench()
    put(at, 1, 2, 3)
    answer = at.client.get_metric_data(
        MetricDataQueries=[STAT], StartTime=moment(30), EndTime=moment(120)
    )
    assert answer["MetricDataResults"][0]["Values"] == [2, 1]


@pytest.mark.behaviour("W42")
def test_hidden_queries_feed_expressions() -> None:
    """W42 (CloudWatch User Guide, using metric math): ReturnData false hides a series."""
    at = bench()
    put(at, 1, 2)
    (found,) = read(at, {**STAT, "ReturnData": False}, {"Id": "e", "Expression": "m * 2"})
    assert (found["Id"], found["Label"], found["Values"]) == ("e", "e", [4, 2])


@pytest.mark.behaviour("W51")
def test_an_expression_over_metrics_gives_one_result_each() -> None:
    """W51 (CloudWatch User Guide, using metric math): METRICS()/60 is one series per metric."""
    at = bench()
    put(at, 60)
    found = read(at, STAT, {"Id": "e", "Expression": "METRICS() / 60"})
    assert [(item["Id"], item["Values"]) for item in found] == [("m", [60]), ("e", [1])]


@pytest.mark.behaviour("W50")
def test_a_single_value_is_no_result() -> None:
    """W50 (CloudWatch User Guide, using metric math): a scalar cannot be the final result."""
    with pytest.raises(ClientError, match="time series") as caught:
        read(bench(), STAT, {"Id": "e", "Expression": "SUM(m)"})
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.behaviour("W40")
def test_no_data_is_complete_and_empty() -> None:
    """W40 (CloudWatch API reference, GetMetricData): empty arrays and Complete."""
    (found,) = read(bench(), STAT)
    assert (found["Values"], found["Timestamps"], found["StatusCode"]) == ([], [], "Complete")


@pytest.mark.behaviour("W41")
def test_several_units_are_told() -> None:
    """W41 (LocalStack snapshot test_get_metric_data_different_units_no_unit_in_query)."""
    at = bench()
    for unit, value in (("Seconds", 60.0), ("Milliseconds", 60_000.0), ("Count", 5.0)):
        at.store.put("Orders", "Placed", (("service", "orders"),), value, NOON, unit)
    at.store.put("Orders", "Placed", (("service", "orders"),), 1, NOON + 300, "Bytes")
    (found,) = read(at, STAT)
    told = "Multiple units returned: '[Count, Milliseconds, Seconds]'"
    assert found["Messages"] == [{"Code": "MultipleUnits", "Value": told}]
    assert found["Values"] == [5]
    named: Any = {"Id": "m", "MetricStat": {**STAT["MetricStat"], "Unit": "Seconds"}}
    (found,) = read(at, named)
    assert found["Values"] == [60]
    assert "Messages" not in found


@pytest.mark.behaviour("W37", "W42")
@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"end": 0}, "StartTime must not equal parameter EndTime"),
        ({"end": -60}, "EndTime must be greater than StartTime"),
        ({"end": 60 * 2_000_000}, "periods"),
        ({"queries": [STAT] * 2}, "not unique"),
        ({"queries": [{**STAT, "Id": f"m{index}"} for index in range(501)]}, "500 items"),
        ({"queries": [{**STAT, "Id": "Bad"}]}, "lower-case"),
        ({"queries": [{"Id": "e", "Expression": "nope + 1"}]}, "nope"),
        (
            {
                "queries": [
                    {"Id": "a", "Expression": "b + 1"},
                    {"Id": "b", "Expression": "a + 1"},
                ]
            },
            "refers to itself",
        ),
    ],
)
def test_refused_queries(options: dict[str, Any], part: str) -> None:
    """W37, W42 (CloudWatch API reference, GetMetricData): ValidationError."""
    queries = options.get("queries", [STAT])
    with pytest.raises(ClientError, match=part) as caught:
        read(bench(), *queries, end=options.get("end", 60))
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "MissingParameter"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({"Value": float("nan")}, "InvalidParameterValue.*The value NaN for parameter"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Values": [1.0] * 151}, "InvalidParameterValue"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": moment(3 * 3600)}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": moment(-15 * 86_400)}, "InvalidParameterValue"),
        ({"Value": 1, "Unit": "Furlongs"}, "ValidationError"),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}},
            "InvalidParameterValue",
        ),
    ],
)
def test_refused_data(datum: dict[str, Any], code: str) -> None:
    """CloudWatch API reference, PutMetricData and MetricDatum: what is not taken."""
    at = bench()
    data: Any = [{"MetricName": "m", **datum}]
    with pytest.raises(ClientError, match=code) as caught:
        at.client.put_metric_data(Namespace="N", MetricData=data)
    assert caught.value.response["Error"]["Code"] in code
    assert list(at.store.metrics()) == []


def test_the_namespaces_of_aws_are_reserved() -> None:
    """CloudWatch API reference, PutMetricData: a namespace must not begin with AWS/."""
    with pytest.raises(ClientError, match="AWS/Lambda for parameter Namespace is invalid"):
        bench().client.put_metric_data(
            Namespace="AWS/Lambda", MetricData=[{"MetricName": "Errors", "Value": 1}]
        )


def test_values_with_counts_and_sets() -> None:
    """CloudWatch API reference, MetricDatum: Values with Counts, StatisticValues."""
    at = bench()
    at.client.put_metric_data(
        Namespace="N",
        MetricData=[
            {"MetricName": "m", "Values": [1.0, 5.0], "Counts": [3.0, 1.0]},
            {
                "MetricName": "m",
                "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 5, "Maximum": 15},
            },
        ],
    )
    (found,) = at.store.distributions(Metric("N", "m"), at.store.grid(NOON, NOON + 60, 60))
    assert found is not None
    assert (found.count, found.total, found.minimum, found.maximum) == (6, 28, 1, 15)


def test_values_and_a_set_may_come_together() -> None:
    """LocalStack snapshot test_put_metric_data_validation: only Value stands alone."""
    at = bench()
    together: Any = {"SampleCount": 2, "Sum": 20, "Minimum": 5, "Maximum": 15}
    at.client.put_metric_data(
        Namespace="N",
        MetricData=[{"MetricName": "m", "Values": [1.0], "StatisticValues": together}],
    )
    (found,) = at.store.distributions(Metric("N", "m"), at.store.grid(NOON, NOON + 60, 60))
    assert found is not None
    assert (found.count, found.total, found.minimum) == (3, 21, 1)


@pytest.mark.parametrize(
    ("query_mode", "status"), [({}, 400), ({"x-amzn-query-mode": "true"}, 404)]
)
def test_a_missing_alarm_is_refused_in_the_protocols_own_way(
    query_mode: dict[str, str], status: int
) -> None:
    """LocalStack snapshot test_exception_serializing_with_no_shape_in_spec: a type, no text."""
    body = b'{"AlarmName": "no", "StateValue": "OK", "StateReason": "r"}'
    headers = {"x-amz-target": "GraniteServiceVersion20100801.SetAlarmState", **query_mode}
    answer = asyncio.run(bench().service.handle(Request("POST", "/", {}, headers, body)))
    assert answer.status == status
    told = {"__type": "com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound"}
    assert json.loads(answer.body) == told


def test_times_are_written_as_by_cloudwatch() -> None:
    """LocalStack's test_basic_operations_multiple_protocols: CBOR's tag 1, whole seconds in XML."""
    at = bench()
    put(at, 1)
    call = {"MetricDataQueries": [STAT], "StartTime": NOON, "EndTime": NOON + 60}
    path = "/service/GraniteServiceVersion20100801/operation/GetMetricData"
    asked = Request("POST", path, {}, {"smithy-protocol": "rpc-v2-cbor"}, cbor2.dumps(call))
    assert b"Timestamps\x9f\xc1\xfbA" in asyncio.run(at.service.handle(asked)).body
    assert iso8601(NOON) == "2027-01-15T12:00:00Z"
    assert iso8601(NOON + 0.25) == "2027-01-15T12:00:00.250Z"


def test_list_metrics_filters_and_pages() -> None:
    """CloudWatch API reference, ListMetrics: by namespace, name and dimensions, 500 a page."""
    at = bench()
    put(at, 1)
    for index in range(600):
        at.store.put("Many", f"m{index}", (), 1, NOON)
    pages = at.client.get_paginator("list_metrics").paginate(Namespace="Many")
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    by_name = at.client.list_metrics(Dimensions=[{"Name": "service"}])["Metrics"]
    assert [item["MetricName"] for item in by_name] == ["Placed"]
    other = at.client.list_metrics(Dimensions=[{"Name": "service", "Value": "bills"}])
    assert other["Metrics"] == []


def test_a_bad_token_is_refused() -> None:
    """botocore model, InvalidNextToken: a token that was never given."""
    with pytest.raises(ClientError, match="Request parameter NextToken is invalid") as caught:
        bench().client.describe_alarms(NextToken="made up")
    assert caught.value.response["Error"]["Code"] == "InvalidNextToken"
