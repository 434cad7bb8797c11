"""The alarms look at what they are meant to, and only at that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from service import declaration
from service.declaration import load
from service.names import Names

from infra.tests.recording import CANDIDATE, deploy

if TYPE_CHECKING:
    from pathlib import Path

    from infra.tests.recording import Recording, Registered

SERVICE = load("order_processor")


def candidate_dimensions(alarm: Registered) -> list[dict[str, str]]:
    """Return every set of dimensions that an alarm looks at, with or without metric math."""
    queries = alarm.inputs.get("metricQueries", [])
    found = [query["metric"]["dimensions"] for query in queries if "metric" in query]
    return found or [alarm.inputs["dimensions"]]


@pytest.mark.parametrize("watched", ["errors", "duration", "throttles"])
def test_release_alarms_look_at_the_alias(dev: Recording, watched: str) -> None:
    """Dimensions are the alias's: `function:alias`, never an ARN, which would match nothing."""
    alias = dev.only(":Alias").inputs
    resource = f"{alias['functionName']}:{alias['name']}"
    for dimensions in candidate_dimensions(dev.alarm(Names(SERVICE, "dev").release_alarm(watched))):
        assert dimensions["FunctionName"] == alias["functionName"]
        assert dimensions["Resource"] == resource


@pytest.mark.parametrize("watched", ["errors", "duration"])
def test_candidate_alarms_look_at_the_newest_version_alone(dev: Recording, watched: str) -> None:
    """Without ExecutedVersion the live version's traffic would dilute the candidate's."""
    found = candidate_dimensions(dev.alarm(Names(SERVICE, "dev").release_alarm(watched)))
    assert {each["ExecutedVersion"] for each in found} == {CANDIDATE}
    assert dev.outputs["candidateVersion"] == CANDIDATE


def test_one_error_is_no_alarm(dev: Recording) -> None:
    """A share of a fair number of invocations is; the gate sees to what is finer."""
    alarm = dev.alarm(Names(SERVICE, "dev").release_alarm("errors"))
    (share,) = [query for query in alarm.inputs["metricQueries"] if query["returnData"]]
    assert share["expression"] == "IF(invocations >= 20, 100 * errors / invocations, 0)"
    assert alarm.inputs["threshold"] == 5


def test_throttles_are_judged_while_the_candidate_runs(dev: Recording) -> None:
    """The alias's share counts, since throttles have no version; the candidate's runs enable it."""
    alarm = dev.alarm(Names(SERVICE, "dev").release_alarm("throttles"))
    queries = {query["id"]: query for query in alarm.inputs["metricQueries"]}
    versions = {
        key: query["metric"]["dimensions"].get("ExecutedVersion")
        for key, query in queries.items()
        if "metric" in query
    }
    assert versions == {"throttles": None, "invocations": None, "candidate": CANDIDATE}
    assert [key for key, query in queries.items() if query["returnData"]] == ["share"]
    assert queries["share"]["expression"].startswith("IF(candidate > 0, 100 * throttles /")


def test_no_alarm_breaks_for_want_of_traffic(dev: Recording) -> None:
    """A quiet night is no alarm; nor is a quiet queue, which may hold letters, an all-clear."""
    letters = Names(SERVICE, "dev").dead_letter_alarm
    for alarm in dev.of_type(":MetricAlarm"):
        quiet = "ignore" if alarm.inputs["name"] == letters else "notBreaching"
        assert alarm.inputs["treatMissingData"] == quiet


def test_release_alarm_names_are_those_of_the_alarms(dev: Recording) -> None:
    """The release tool reads alarms that exist, three of them."""
    names = {alarm.inputs["name"] for alarm in dev.of_type(":MetricAlarm")}
    assert len(dev.outputs["releaseAlarmNames"]) == 3
    assert {*dev.outputs["releaseAlarmNames"], dev.outputs["alarmName"]} < names


def test_error_alarm_covers_all_versions(dev: Recording) -> None:
    """More than one error in five minutes, whichever version made it."""
    alarm = dev.alarm(dev.outputs["alarmName"]).inputs
    assert alarm["dimensions"] == {"FunctionName": "order-processing-dev"}
    rule = [alarm[key] for key in ("statistic", "period", "comparisonOperator", "threshold")]
    assert rule == ["Sum", 300, "GreaterThanThreshold", 1]


def test_dead_letter_alarm_lasts_as_long_as_something_waits(dev: Recording) -> None:
    """It watches what is visible in the very queue that the function sends to."""
    alarm = dev.alarm("order-processing-dlq-alarm-dev").inputs
    assert alarm["metricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["dimensions"] == {"QueueName": dev.only(":Queue").inputs["name"]}
    assert (alarm["comparisonOperator"], alarm["threshold"]) == (
        "GreaterThanOrEqualToThreshold",
        1,
    )


def test_a_single_dead_letter_that_could_not_be_written_is_an_alarm(dev: Recording) -> None:
    """AWS keeps nothing of that event, and no other alarm would last."""
    alarm = dev.alarm("order-processing-dlq-errors-alarm-dev").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Lambda", "DeadLetterErrors")
    assert alarm["dimensions"] == {"FunctionName": "order-processing-dev"}
    rule = [alarm[key] for key in ("statistic", "period", "comparisonOperator", "threshold")]
    assert rule == ["Sum", 300, "GreaterThanThreshold", 0]


def test_callers_that_are_refused_page_somebody(dev: Recording) -> None:
    """A share of the alias's requests, in ten of fifteen minutes, whichever version runs."""
    alarm = dev.alarm("order-processing-throttles-alarm-dev").inputs
    function = "order-processing-dev"
    assert (
        candidate_dimensions(dev.alarm(alarm["name"]))
        == [{"FunctionName": function, "Resource": f"{function}:production"}] * 2
    )
    assert share(alarm) == "IF(SUM([m0, m1]) >= 20, 100 * m0 / SUM([m0, m1]), 0)"
    assert metrics(alarm) == ["AWS/Lambda Throttles", "AWS/Lambda Invocations"]
    assert (alarm["threshold"], alarm["evaluationPeriods"], alarm["datapointsToAlarm"]) == (5, 3, 2)


def test_rejected_orders_page_somebody(dev: Recording) -> None:
    """The share of real ones, of all versions, as the function counts them."""
    alarm = dev.alarm("order-processing-rejections-alarm-dev").inputs
    assert (
        candidate_dimensions(dev.alarm(alarm["name"]))
        == [{"FunctionName": "order-processing-dev"}] * 3
    )
    assert share(alarm) == "IF(SUM([m0, m1, m2]) >= 20, 100 * m0 / SUM([m0, m1, m2]), 0)"
    assert metrics(alarm) == [
        f"OrderProcessing {name}"
        for name in ("OrdersRejected", "OrdersConfirmed", "OrderDuplicates")
    ]
    assert alarm["threshold"] == 20


def test_a_service_that_counts_no_outcomes_has_no_alarm_on_them(
    artifact_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its other alarms stand."""
    silent = [replace(each, outcomes=None) for each in declaration.load_all()]
    monkeypatch.setattr(declaration, "load_all", lambda: silent)
    found = deploy("dev", artifact_directory)
    names = {alarm.inputs["name"] for alarm in found.of_type(":MetricAlarm")}
    assert {*found.outputs["standingAlarmNames"]} < names
    assert "order-processing-rejections-alarm-dev" not in names
    assert "order-processing-throttles-alarm-dev" in names


def share(alarm: dict[str, Any]) -> str:
    """The expression whose value is judged."""
    (returned,) = [query for query in alarm["metricQueries"] if query["returnData"]]
    return str(returned["expression"])


def metrics(alarm: dict[str, Any]) -> list[str]:
    """The metrics that it reads, in order."""
    read = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
    return [f"{each['namespace']} {each['metricName']}" for each in read]


def test_every_alarm_stands_or_is_of_a_release(dev: Recording) -> None:
    """What `status` shows is all there is."""
    names = {alarm.inputs["name"] for alarm in dev.of_type("Alarm") if alarm.custom}
    listed = [*dev.outputs["standingAlarmNames"], *dev.outputs["releaseAlarmNames"]]
    assert (set(listed), len(listed)) == (names, len(names))


def test_without_a_topic_nobody_is_paged(dev: Recording) -> None:
    """A stack is deployable before its paging is."""
    for alarm in dev.of_type(":MetricAlarm"):
        assert "alarmActions" not in alarm.inputs


def test_a_topic_hears_of_standing_alarms_and_not_of_a_release(artifact_directory: Path) -> None:
    """A canary that fails is put back by the gate; nobody is woken for it."""
    topic = "arn:aws:sns:us-east-1:123456789012:paging"
    deployed = deploy("dev", artifact_directory, alarmTopicArn=topic)
    paged = {
        alarm.inputs["name"]
        for alarm in deployed.of_type(":MetricAlarm")
        if alarm.inputs.get("alarmActions") == alarm.inputs.get("okActions") == [topic]
    }
    assert paged == set(deployed.outputs["standingAlarmNames"])
