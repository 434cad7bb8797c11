from __future__ import annotations

import asyncio
import json

import pytest
from emulator.clock import Clock
from emulator.cloudwatch.metrics.store import MetricStore
from emulator.cloudwatch.service import CloudWatch
from emulator.http import Request
from emulator.tests.cloudwatch.alarms.alarms import FUNCTION, MATH, put_alarm, put_error, stat
from emulator.tests.cloudwatch_client import NOON, bench


@pytest.mark.behaviour("W2")
def test_a_new_alarm_waits_for_its_first_evaluation() -> None:
    """W2 (CloudWatch API reference, PutMetricAlarm): INSUFFICIENT_DATA, Unchecked."""
    at = bench()
    put_alarm(at.client)
    found = at.alarm("errors")
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert found["StateReason"] == "Unchecked: Initial alarm creation"
    assert found["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"


@pytest.mark.behaviour("W3")
def test_the_first_evaluation_uses_data_older_than_the_alarm() -> None:
    """W3 (CloudWatch User Guide, alarm evaluation): data from before the alarm count."""
    at = bench()
    put_error(at)
    at.clock.advance(60)
    put_alarm(at.client)
    at.service.evaluate()
    assert at.state("errors") == "ALARM"


def test_an_alarm_goes_and_comes_back() -> None:
    """A breach alarms, a good minute ends it, silence leaves the state until the range is empty."""
    at = bench()
    put_alarm(at.client)
    seen = []
    for value in (1.0, 0.0, None, None, None):
        if value is not None:
            put_error(at, value)
        at.later(60)
        seen.append(at.state("errors"))
    assert seen == ["ALARM", "OK", "OK", "OK", "INSUFFICIENT_DATA"]


@pytest.mark.behaviour("W6")
def test_the_window_slides_by_the_minute() -> None:
    """W6 (CloudWatch User Guide, alarm evaluation): a 5-minute sum ends at the last minute."""
    at = bench()
    at.clock.advance(120)
    put_alarm(at.client, Period=300, Threshold=1.0)
    put_error(at)
    at.later(60)
    put_error(at)
    at.later(60)
    assert at.state("errors") == "ALARM"


def test_the_running_minute_is_not_judged() -> None:
    """A window ends with the last whole minute."""
    at = bench()
    put_alarm(at.client)
    put_error(at)
    at.later(59)
    assert at.state("errors") == "INSUFFICIENT_DATA"


@pytest.mark.parametrize("scale", [1, 20, 60])
def test_periods_shrink_with_the_time_scale(scale: float) -> None:
    """At scale S a 60 s alarm sees a breach after 60/S real seconds."""
    at = bench(scale=scale)
    put_alarm(at.client, TreatMissingData="notBreaching")
    put_error(at)
    at.later(60 / scale)
    first = at.state("errors")
    for _ in range(3):
        at.later(60 / scale)
    assert (first, at.state("errors")) == ("ALARM", "OK")


@pytest.mark.behaviour("M19")
def test_dimensions_must_match_exactly() -> None:
    """M19 (CloudWatch User Guide, concepts): an alarm sees only its own series."""
    at = bench()
    put_alarm(at.client)
    dimensions = (*FUNCTION, ("Resource", "f:live"))
    at.store.put("AWS/Lambda", "Errors", dimensions, 1.0, NOON)
    at.later(60)
    assert at.state("errors") == "INSUFFICIENT_DATA"


@pytest.mark.behaviour("W9")
def test_a_percentile_alarm() -> None:
    """W9 (CloudWatch API reference, PutMetricAlarm): ExtendedStatistic judges a percentile."""
    at = bench()
    put_alarm(at.client, Statistic=None, ExtendedStatistic="p90", Threshold=100.0)
    for value in [*range(100), *[500.0] * 20]:
        put_error(at, float(value))
    at.later(60)
    found = at.alarm("errors")
    assert found["StateValue"] == "ALARM"
    assert json.loads(found["StateReasonData"])["evaluatedDatapoints"][0]["value"] == 500.0


@pytest.mark.behaviour("W10")
def test_low_sample_counts_can_be_ignored() -> None:
    """W10 (CloudWatch User Guide, percentiles with low samples): p99 needs 1,000 samples."""
    at = bench()
    for name, mode in (("kept", "ignore"), ("judged", "evaluate")):
        put_alarm(
            at.client,
            AlarmName=name,
            Statistic=None,
            ExtendedStatistic="p99",
            EvaluateLowSampleCountPercentile=mode,
        )
    for _ in range(999):
        put_error(at)
    at.later(60)
    assert (at.state("kept"), at.state("judged")) == ("INSUFFICIENT_DATA", "ALARM")


@pytest.mark.behaviour("W53")
def test_a_math_alarm() -> None:
    """W53 (CloudWatch API reference, PutMetricAlarm): one returned expression over hidden ones."""
    at = bench()
    put_alarm(at.client, **MATH)
    for error in (1, 0, 0, 1):
        put_error(at, error)
        put_error(at, 1, "Invocations")
    at.later(60)
    found = at.alarm("errors")
    assert found["StateValue"] == "ALARM"
    assert json.loads(found["StateReasonData"])["recentDatapoints"] == [50.0]
    assert "MetricName" not in found


@pytest.mark.behaviour("W45")
def test_a_math_alarm_sees_division_by_zero_as_missing() -> None:
    """W45 (CloudWatch User Guide, using metric math): the dropped point is missing data."""
    at = bench()
    queries = [stat("e", "Errors"), stat("r", "Runs"), {"Id": "x", "Expression": "e / r"}]
    put_alarm(at.client, **{**MATH, "Metrics": queries, "TreatMissingData": "breaching"})
    put_error(at, 0)
    put_error(at, 0, "Runs")
    at.later(60)
    assert at.alarm("errors")["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
        "treated as [Breaching]."
    )


@pytest.mark.behaviour("W1")
def test_an_expression_that_fails_later_keeps_the_state() -> None:
    """W1 (botocore model, MetricAlarm): what no put can foresee shows as EVALUATION_ERROR."""
    at = bench()
    queries = [stat("e", "Errors"), {"Id": "x", "Expression": "IF(SUM(e) > 0, 5, e)"}]
    put_alarm(at.client, **{**MATH, "Metrics": queries})
    put_error(at, 0)
    at.later(60)
    before = at.alarm("errors")
    put_error(at)
    at.later(60)
    after = at.alarm("errors")
    assert (before["StateValue"], after["StateValue"]) == ("OK", "OK")
    assert "EvaluationState" not in before
    assert after["EvaluationState"] == "EVALUATION_ERROR"


RAW = {
    "AlarmName": "a",
    "Namespace": "N",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def test_alarms_are_evaluated_by_themselves() -> None:
    """The loop evaluates each scaled minute, at least 0.2 s apart, and ends when cancelled."""
    clock = Clock(scale=300)
    store = MetricStore(clock)
    service = CloudWatch(store, clock, "123456789012", "us-east-1")
    body = json.dumps(RAW)
    target = {"x-amz-target": "GraniteServiceVersion20100801.PutMetricAlarm"}

    async def scenario() -> None:
        await service.handle(Request("POST", "/", {}, target, body.encode()))
        store.put("N", "m", (), 1.0, clock.now())
        task = asyncio.create_task(service.run())
        for _ in range(200):
            if service.book.alarms["a"].state == "ALARM":
                break
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert service.book.alarms["a"].state == "ALARM"
