from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator.cloudwatch.alarms.evaluation import high_resolution
from emulator.tests.cloudwatch.alarms.alarms import put_alarm
from emulator.tests.cloudwatch_client import NOON, Bench, bench


def put(at: Bench, seconds: float, value: float, **datum: Any) -> None:
    """One sample `seconds` after noon."""
    stamp = dt.datetime.fromtimestamp(NOON + seconds, dt.UTC)
    data: Any = [{"MetricName": "m", "Value": value, "Timestamp": stamp, **datum}]
    at.client.put_metric_data(Namespace="N", MetricData=data)


def read(at: Bench, period: int, begin: float = 0) -> list[tuple[float, float]]:
    """Seconds after noon and sum of each period until a minute after noon, the oldest first."""
    metric: Any = {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": period, "Stat": "Sum"}
    answer = at.client.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": metric}],
        StartTime=dt.datetime.fromtimestamp(NOON + begin, dt.UTC),
        EndTime=dt.datetime.fromtimestamp(NOON + 60, dt.UTC),
        ScanBy="TimestampAscending",
    )
    (found,) = answer["MetricDataResults"]
    stamps = [stamp.timestamp() - NOON for stamp in found["Timestamps"]]
    return list(zip(stamps, found["Values"], strict=True))


@pytest.mark.behaviour("W38", "W69")
def test_samples_of_high_resolution_are_read_by_second_and_by_minute() -> None:
    """CloudWatch API reference, GetMetricData: short periods, the start rounded down to one."""
    at = bench()
    put(at, 3.5, 1, StorageResolution=1)
    put(at, 12, 2, StorageResolution=1)
    put(at, 47, 4, StorageResolution=1)
    assert read(at, 1) == [(3, 1), (12, 2), (47, 4)]
    assert read(at, 10) == [(0, 1), (10, 2), (40, 4)]
    assert read(at, 30) == [(0, 3), (30, 4)]
    assert read(at, 60) == [(0, 7)]
    assert read(at, 10, begin=15) == [(10, 2), (40, 4)]


@pytest.mark.behaviour("W69")
def test_samples_of_standard_resolution_stand_at_their_minute() -> None:
    """LocalStack snapshot test_label_generation: a period of 30 s reads a metric of 60 s."""
    at = bench()
    put(at, 3, 1)
    put(at, 47, 2)
    assert read(at, 30) == [(0, 3)]


def test_the_resolution_is_one_or_sixty() -> None:
    """CloudWatch API reference, MetricDatum."""
    with pytest.raises(ClientError, match="StorageResolution is neither 1 nor 60"):
        put(bench(), 0, 1, StorageResolution=5)


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize("period", [10, 20, 30])
def test_an_alarm_with_a_short_period(period: int) -> None:
    """W4 (CloudWatch API reference, PutMetricAlarm): 10, 20 and 30 s, evaluated each 10 s."""
    at = bench()
    assert not high_resolution(at.service.book)
    put_alarm(at.client, Namespace="N", MetricName="m", Dimensions=None, Period=period)
    assert high_resolution(at.service.book)
    put(at, 1, 1, StorageResolution=1)
    at.later(9)
    assert at.state("errors") == "INSUFFICIENT_DATA"
    at.later(1)
    assert at.state("errors") == "ALARM"


@pytest.mark.behaviour("W4")
def test_a_short_period_finds_gaps_in_a_metric_of_standard_resolution() -> None:
    """W4 (CloudWatch API reference, PutMetricAlarm, Period): it often lacks data."""
    at = bench()
    put_alarm(at.client, Namespace="N", MetricName="m", Dimensions=None, Period=10)
    put(at, 1, 1)
    at.later(10)
    assert at.state("errors") == "ALARM"
    at.later(120)
    assert at.state("errors") == "INSUFFICIENT_DATA"
