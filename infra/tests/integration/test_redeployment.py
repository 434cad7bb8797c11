"""Deploying again: versions, the alias, an interrupted deployment, the end of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import pytest

from infra.tests.integration.deployed import build_artifact
from infra.tests.integration.second import Second

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.tests.integration.deployed import Deployed


@pytest.fixture(scope="module")
def second(stack: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    """Return the second stack; it is removed at the end."""
    directory = tmp_path_factory.mktemp("second")
    second = Second(stack, directory, "dev")
    second.up()
    yield second
    second.destroy()


def test_a_new_artifact_becomes_a_candidate_and_not_live(second: Second, tmp_path: Path) -> None:
    """A version is published, the alarms look at it, and the alias stays."""
    live = second.up()[0]["candidateVersion"]
    second.move_alias(live)
    outputs = second.redeployed("two", tmp_path)
    assert int(outputs["candidateVersion"]) == int(live) + 1
    assert second.alias()["FunctionVersion"] == live
    name = outputs["releaseAlarmNames"][0]
    (alarm,) = second.first.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    watched = {"Name": "ExecutedVersion", "Value": outputs["candidateVersion"]}
    metrics = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    assert metrics
    assert all(watched in metric["Dimensions"] for metric in metrics)


def test_what_the_release_tool_set_survives_a_deployment(second: Second, tmp_path: Path) -> None:
    """Target, weights and description of the alias stay, down to its revision."""
    live = second.up()[0]["candidateVersion"]
    candidate = second.redeployed("three", tmp_path)["candidateVersion"]
    second.move_alias(live, {candidate: 0.25})
    before = second.alias()
    second.up(memoryMb="768")
    after = second.alias()
    for key in ("FunctionVersion", "Description", "RoutingConfig", "RevisionId"):
        assert after[key] == before[key]


def test_a_changed_configuration_is_a_version_too(second: Second) -> None:
    """Memory belongs to a version, reserved concurrency to the function."""
    live = second.up()[0]["candidateVersion"]
    assert second.up(reservedConcurrency="6")[0]["candidateVersion"] == live
    candidate = second.up(reservedConcurrency="6", memoryMb="640")[0]["candidateVersion"]
    assert int(candidate) == int(live) + 1
    version = second.first.lambda_.get_function_configuration(
        FunctionName=second.function, Qualifier=candidate
    )
    assert version["MemorySize"] == 640


def test_too_much_concurrency_is_refused_before_any_change(second: Second) -> None:
    """The preflight counts what `local` holds, and the state stays as it was."""
    before = (second.directory / "state.json").read_bytes()
    with pytest.raises(engine.EngineError, match=r"asks for a reserved concurrency of 900, but"):
        second.up(reservedConcurrency="900", memoryMb="1024")
    assert (second.directory / "state.json").read_bytes() == before


def test_a_killed_update_can_be_run_again(second: Second, tmp_path: Path) -> None:
    """Killed while the function changes, the next run publishes the candidate after all."""
    live = second.up()[0]["candidateVersion"]
    second.move_alias(live)
    build_artifact(tmp_path, "four")
    second.kill_at("Function", tmp_path)
    outputs, _ = second.up(tmp_path)
    assert int(outputs["candidateVersion"]) == int(live) + 1
    assert second.alias()["FunctionVersion"] == live


def test_a_killed_creation_can_be_run_again_and_destroyed(second: Second) -> None:
    """Recovered, the next run completes it, one more changes nothing, and destroyed all is gone."""
    first = second.first
    second.destroy()
    second.kill_at("Function")
    second.recover()
    outputs, _ = second.up()
    assert second.alias()["FunctionVersion"] == outputs["candidateVersion"]
    again, lines = second.up()
    assert {line.split()[0] for line in lines} == {"same"}
    assert again == outputs
    second.destroy()
    functions = [f["FunctionName"] for f in first.lambda_.list_functions()["Functions"]]
    assert functions == [first.function]
    assert outputs["tableName"] not in first.dynamodb.list_tables()["TableNames"]
    assert outputs["dlqQueueUrl"] not in first.sqs.list_queues().get("QueueUrls", [])
    names = [outputs["alarmName"], *outputs["releaseAlarmNames"]]
    assert not first.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
