from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator.clock import Clock
from emulator.cloudwatch.metrics import MetricStore
from emulator.cloudwatch.service import CloudWatch
from emulator.http import Request
from emulator.tests.cloudwatch_client import NOON, Bench, bench

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

FUNCTION = (("FunctionName", "f"),)
DIMENSIONS: Any = [{"Name": "FunctionName", "Value": "f"}]


def put_alarm(client: CloudWatchClient, **changed: Any) -> None:
    """An alarm on the sum of errors above 0 in a minute."""
    wanted = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": DIMENSIONS,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **changed,
    }
    client.put_metric_alarm(**{name: value for name, value in wanted.items() if value is not None})


def put_error(at: Bench, value: float = 1.0, name: str = "Errors") -> None:
    """One sample now."""
    at.store.put("AWS/Lambda", name, FUNCTION, value, at.clock.now())


def stat(identity: str, name: str, *, returned: bool = False, period: int = 60) -> dict[str, Any]:
    """A query of the sum of a Lambda metric."""
    metric = {"Namespace": "AWS/Lambda", "MetricName": name, "Dimensions": DIMENSIONS}
    return {
        "Id": identity,
        "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"},
        "ReturnData": returned,
    }


MATH = {
    "Namespace": None,
    "MetricName": None,
    "Dimensions": None,
    "Statistic": None,
    "Period": None,
    "Metrics": [
        stat("errors", "Errors"),
        stat("runs", "Invocations"),
        {"Id": "rate", "Expression": "IF(runs > 0, 100 * errors / runs, 0)"},
    ],
    "Threshold": 20.0,
}


def test_a_new_alarm_waits_for_its_first_evaluation() -> None:
    """W2 (CloudWatch API reference, PutMetricAlarm): INSUFFICIENT_DATA, Unchecked."""
    at = bench()
    put_alarm(at.client)
    found = at.alarm("errors")
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert found["StateReason"] == "Unchecked: Initial alarm creation"
    assert found["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors"


def test_what_was_never_given_is_absent() -> None:
    """W30 (LocalStack snapshot test_describe_minimal_metric_alarm): no TreatMissingData."""
    at = bench()
    put_alarm(at.client)
    assert not {"TreatMissingData", "DatapointsToAlarm", "StateReasonData"} & set(
        at.alarm("errors")
    )


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


def test_dimensions_must_match_exactly() -> None:
    """M19 (CloudWatch User Guide, concepts): an alarm sees only its own series."""
    at = bench()
    put_alarm(at.client)
    dimensions = (*FUNCTION, ("Resource", "f:live"))
    at.store.put("AWS/Lambda", "Errors", dimensions, 1.0, NOON)
    at.later(60)
    assert at.state("errors") == "INSUFFICIENT_DATA"


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


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"Period": 30}, "high-resolution"),
        ({"Period": 90}, "multiple of 60"),
        ({"Period": 43_200, "EvaluationPeriods": 15}, "seven days"),
        ({"EvaluationPeriods": 1441}, "a day"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"ExtendedStatistic": "p99"}, "Statistic and ExtendedStatistic"),
        ({"Statistic": None}, "Statistic and ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "tm99"),
        ({"TreatMissingData": "maybe"}, "TreatMissingData"),
        ({"EvaluateLowSampleCountPercentile": "maybe"}, "EvaluateLowSampleCountPercentile"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "GreaterThanUpperThreshold"),
        ({"Threshold": None}, "Threshold"),
        ({"MetricName": None}, "MetricName"),
        ({"Metrics": [stat("m", "Errors", returned=True)]}, "cannot both be set"),
        ({**MATH, "Metrics": [stat("m", "Errors")]}, "Exactly one"),
        ({**MATH, "Metrics": [{"Id": "e", "Expression": "1 + 1"}]}, "time series"),
        ({**MATH, "Metrics": [{"Id": "e", "Expression": "SEARCH('a', 'Sum')"}]}, "SEARCH"),
        ({**MATH, "Metrics": [{"Id": "e", "Expression": "m1 + 1"}]}, "m1"),
        ({**MATH, "Metrics": [{"Id": "e", "Expression": "e + 1"}]}, "refers to itself"),
        ({**MATH, "Metrics": [stat("M", "Errors", returned=True)]}, "lower-case"),
        ({**MATH, "Metrics": [{"Id": "e", "ReturnData": True}]}, "exactly one of MetricStat"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "WallClockWindow"),
        ({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}}, "WarmUpConfiguration"),
        ({"Dimensions": DIMENSIONS * 2}, "given twice"),
    ],
)
def test_refused_alarms(changed: dict[str, Any], part: str) -> None:
    """W4, W5, W7, W9, W53 (CloudWatch API reference, PutMetricAlarm): each a ValidationError."""
    at = bench()
    with pytest.raises(ClientError, match=part) as caught:
        put_alarm(at.client, **changed)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert at.client.describe_alarms()["MetricAlarms"] == []


def test_an_update_keeps_the_state_and_replaces_the_rest() -> None:
    """W2 (CloudWatch API reference, PutMetricAlarm): nothing of the old configuration stays."""
    at = bench()
    put_alarm(at.client, AlarmDescription="old", DatapointsToAlarm=1)
    put_error(at)
    at.later(60)
    put_alarm(at.client, Threshold=5.0)
    found = at.alarm("errors")
    assert (found["StateValue"], found["Threshold"]) == ("ALARM", 5.0)
    assert not {"AlarmDescription", "DatapointsToAlarm"} & set(found)


def test_a_set_state_lasts_until_the_next_evaluation() -> None:
    """W12 (CloudWatch API reference, SetAlarmState): temporary."""
    at = bench()
    put_alarm(at.client)
    put_error(at, 0)
    at.later(60)
    at.client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    drilled = at.alarm("errors")
    at.later(0)
    assert (drilled["StateValue"], drilled["StateReason"]) == ("ALARM", "a drill")
    assert at.state("errors") == "OK"


def test_setting_the_state_it_has_is_no_transition() -> None:
    """W11 (CloudWatch User Guide, alarm actions): no history and no action without a change."""
    at = bench()
    put_alarm(at.client, OKActions=["arn:aws:sns:us-east-1:123456789012:pager"])
    for reason in ("first", "second"):
        at.client.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason=reason)
    history = at.client.describe_alarm_history(AlarmName="errors")["AlarmHistoryItems"]
    kinds = sorted(item["HistoryItemType"] for item in history)
    assert kinds == ["Action", "ConfigurationUpdate", "StateUpdate"]
    assert at.alarm("errors")["StateReason"] == "second"


def test_set_state_refusals() -> None:
    """W12 (LocalStack snapshot test_set_alarm_invalid_input): 404 ResourceNotFound, bad state."""
    at = bench()
    with pytest.raises(ClientError) as missing:
        at.client.set_alarm_state(AlarmName="no", StateValue="OK", StateReason="r")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    put_alarm(at.client)
    bad: Any = "PURPLE"
    with pytest.raises(ClientError, match="enum value set") as caught:
        at.client.set_alarm_state(AlarmName="errors", StateValue=bad, StateReason="r")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_history_tells_transitions_and_outlives_the_alarm() -> None:
    """W31 (CloudWatch API reference, DescribeAlarmHistory): StateUpdate with both states."""
    at = bench()
    put_alarm(at.client)
    for value in (0, 1):
        put_error(at, value)
        at.later(60)
    at.client.delete_alarms(AlarmNames=["errors", "never existed"])
    items = at.client.describe_alarm_history(AlarmName="errors")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        'Alarm "errors" deleted',
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
        'Alarm "errors" created',
    ]
    data = json.loads(items[1]["HistoryData"])
    assert (data["oldState"]["stateValue"], data["newState"]["stateValue"]) == ("OK", "ALARM")


def test_actions_are_recorded_on_a_change_only() -> None:
    """W11 (CloudWatch User Guide, alarm actions): one action per transition, none if disabled."""
    at = bench()
    topic = "arn:aws:sns:us-east-1:123456789012:pager"
    put_alarm(at.client, AlarmActions=[topic])
    for value in (1, 1, 0):
        put_error(at, value)
        at.later(60)
    at.client.disable_alarm_actions(AlarmNames=["errors"])
    put_error(at)
    at.later(60)
    history = at.client.describe_alarm_history(AlarmName="errors", HistoryItemType="Action")
    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        f"Recorded action {topic}"
    ]
    assert at.alarm("errors")["ActionsEnabled"] is False
    at.client.enable_alarm_actions(AlarmNames=["errors"])
    assert at.alarm("errors")["ActionsEnabled"] is True


def test_state_reason_data() -> None:
    """W27 (LocalStack snapshot test_put_metric_alarm): the members of StateReasonData."""
    at = bench()
    put_alarm(at.client, Unit="None")
    put_error(at, 3)
    at.later(60)
    assert json.loads(at.alarm("errors")["StateReasonData"]) == {
        "version": "1.0",
        "queryDate": "2027-01-15T12:01:00.000+0000",
        "startDate": "2027-01-15T12:00:00.000+0000",
        "unit": "None",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [3.0],
        "threshold": 0.0,
        "evaluatedDatapoints": [
            {"timestamp": "2027-01-15T12:00:00.000+0000", "sampleCount": 1.0, "value": 3.0}
        ],
    }


def test_describe_alarms_filters_and_pages() -> None:
    """W30 (CloudWatch API reference, DescribeAlarms): prefix, state, names, pages."""
    at = bench()
    for index in range(5):
        put_alarm(at.client, AlarmName=f"a{index}")
    put_alarm(at.client, AlarmName="b", AlarmActions=["arn:aws:sns:us-east-1:1:t"])
    pages = at.client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix="a", PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["MetricAlarms"]) for page in pages]
    assert sizes == [2, 2, 1]
    by_action = at.client.describe_alarms(ActionPrefix="arn:aws:sns")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in by_action] == ["b"]
    assert at.client.describe_alarms(StateValue="ALARM")["MetricAlarms"] == []


def test_describe_alarms_for_metric() -> None:
    """CloudWatch API reference, DescribeAlarmsForMetric: exactly that metric."""
    at = bench()
    put_alarm(at.client)
    put_alarm(at.client, AlarmName="other", MetricName="Throttles")
    found = at.client.describe_alarms_for_metric(
        Namespace="AWS/Lambda", MetricName="Errors", Dimensions=DIMENSIONS
    )
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == ["errors"]


def test_tags_of_an_alarm() -> None:
    """CloudWatch API reference, TagResource: tags come, change and go with the alarm."""
    at = bench()
    put_alarm(at.client, Tags=[{"Key": "Team", "Value": "A"}])
    arn = at.alarm("errors")["AlarmArn"]
    at.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "Stage", "Value": "local"}])
    at.client.untag_resource(ResourceARN=arn, TagKeys=["Team"])
    tags = at.client.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "Stage", "Value": "local"}]
    at.client.delete_alarms(AlarmNames=["errors"])
    with pytest.raises(ClientError) as caught:
        at.client.list_tags_for_resource(ResourceARN=arn)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


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


def test_alarms_are_evaluated_by_themselves() -> None:
    """The loop evaluates each scaled minute, at least 0.2 s apart, and ends when cancelled."""
    clock = Clock(scale=300)
    store = MetricStore(clock)
    service = CloudWatch(store, clock, "123456789012", "us-east-1")
    body = json.dumps(
        {
            "AlarmName": "a",
            "Namespace": "N",
            "MetricName": "m",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
    )
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
