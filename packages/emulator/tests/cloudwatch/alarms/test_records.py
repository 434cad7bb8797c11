from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.cloudwatch.alarms.alarms import DIMENSIONS, MATH, put_alarm, put_error, stat
from emulator.tests.cloudwatch_client import bench


@pytest.mark.behaviour("W30")
def test_what_was_never_given_is_absent() -> None:
    """W30 (LocalStack snapshot test_describe_minimal_metric_alarm): no TreatMissingData."""
    at = bench()
    put_alarm(at.client)
    assert not {"TreatMissingData", "DatapointsToAlarm", "StateReasonData"} & set(
        at.alarm("errors")
    )


@pytest.mark.behaviour("W4", "W5", "W7", "W9", "W53")
@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"Period": 5}, "10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "multiple of 60"),
        ({"Period": 43_200, "EvaluationPeriods": 15}, "seven days"),
        ({"EvaluationPeriods": 1441}, "a day"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"ExtendedStatistic": "p99"}, "Statistic and ExtendedStatistic"),
        ({"Statistic": None}, "Statistic and ExtendedStatistic"),
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
        ({**MATH, "Metrics": [{"Id": "e", "ReturnData": True}]}, "member.1.MetricStat is required"),
        ({**MATH, "Metrics": [{**stat("e", "E"), "Expression": "1"}]}, "both MetricStat and"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "WallClockWindow"),
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


@pytest.mark.behaviour("W9")
def test_an_extended_statistic_is_a_percentile() -> None:
    """W9 (moto's and LocalStack's tests): InvalidParameterValue."""
    with pytest.raises(ClientError, match="The value 90 for parameter ExtendedStatistic") as caught:
        put_alarm(bench().client, Statistic=None, ExtendedStatistic="90")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"


@pytest.mark.behaviour("W2")
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


@pytest.mark.behaviour("W12")
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


@pytest.mark.behaviour("W11")
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


@pytest.mark.behaviour("W12")
def test_set_state_refusals() -> None:
    """W12 (LocalStack snapshot test_set_alarm_invalid_input): 404 ResourceNotFound, bad state."""
    at = bench()
    with pytest.raises(ClientError) as missing:
        at.client.set_alarm_state(AlarmName="no", StateValue="OK", StateReason="r")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    put_alarm(at.client)
    bad: Any = "PURPLE"
    with pytest.raises(ClientError, match=r"set: \[INSUFFICIENT_DATA, ALARM, OK\]") as caught:
        at.client.set_alarm_state(AlarmName="errors", StateValue=bad, StateReason="r")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.behaviour("W31")
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


@pytest.mark.behaviour("W11", "W31")
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


@pytest.mark.behaviour("W27")
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


@pytest.mark.behaviour("W30")
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


@pytest.mark.behaviour("W68")
def test_tags_of_an_alarm() -> None:
    """Tags come, change and go with the alarm (LocalStack snapshot test_tagging_metric_alarm)."""
    at = bench()
    put_alarm(at.client, Tags=[{"Key": "Team", "Value": "A"}])
    arn = at.alarm("errors")["AlarmArn"]
    at.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "Stage", "Value": "local"}])
    at.client.untag_resource(ResourceARN=arn, TagKeys=["Team"])
    tags = at.client.list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "Stage", "Value": "local"}]
    at.client.delete_alarms(AlarmNames=["errors"])
    assert at.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    with pytest.raises(ClientError) as caught:
        at.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "Team", "Value": "B"}])
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
