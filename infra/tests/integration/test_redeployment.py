"""Deploying again: versions, the alias, an interrupted deployment, the end of a stack."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from infra.settings import ROOT
from infra.tests.integration.deployed import build_artifact
from rehearsal import engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from infra.tests.integration.deployed import Deployed

# A second stack beside `local`, so that these tests change nothing under the others.
STACK = "dev"
FUNCTION = "order-processing-dev"


class Second:
    """The stack `dev` on the same AWS, with the artifact of this machine's Python."""

    def __init__(self, first: Deployed, directory: Path) -> None:
        self.first, self.directory = first, directory

    def config(self, artifact: Path | None = None) -> dict[str, str]:
        """Return the overrides of its deployments."""
        return {"runtime": "manifest", "artifact": str(artifact or self.first.artifact)}

    def up(self, artifact: Path | None = None, **config: str) -> tuple[dict[str, Any], list[str]]:
        """Deploy; return the outputs and the lines of progress."""
        lines: list[str] = []
        outputs = engine.up(
            STACK,
            self.config(artifact) | config,
            directory=self.directory,
            env=self.first.environment,
            progress=lines.append,
        )
        return outputs, lines

    def alias(self) -> Mapping[str, Any]:
        """Return the alias as Lambda holds it."""
        return self.first.lambda_.get_alias(FunctionName=FUNCTION, Name="production")

    def move_alias(self, version: str, weights: dict[str, float] | None = None) -> None:
        """Write the alias as the release tool does."""
        self.first.lambda_.update_alias(
            FunctionName=FUNCTION,
            Name="production",
            FunctionVersion=version,
            Description=f'{{"previous":"{version}"}}',
            RoutingConfig={"AdditionalVersionWeights": weights or {}},
        )

    def kill_at(self, resource: str, artifact: Path | None = None) -> None:
        """Deploy, and kill the deployment without warning as it comes to `resource`."""
        pairs = [f"--config={key}={value}" for key, value in self.config(artifact).items()]
        command = [sys.executable, "-m", "rehearsal.engine", "up", "--stack", STACK, *pairs]
        with subprocess.Popen(
            [*command, "--directory", str(self.directory)],
            cwd=ROOT,
            env=self.first.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            reached = any(resource in line for line in process.stdout or ())
            process.kill()
        assert reached

    def redeployed(self, label: str, directory: Path) -> dict[str, Any]:
        """Deploy an artifact whose code differs; return the outputs."""
        build_artifact(directory, label)
        return self.up(directory)[0]


@pytest.fixture(scope="module")
def second(stack: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    """Return the second stack; it is removed at the end."""
    directory = tmp_path_factory.mktemp("second")
    second = Second(stack, directory)
    second.up()
    yield second
    engine.destroy(STACK, directory=directory, env=stack.environment)


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
        FunctionName=FUNCTION, Qualifier=candidate
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
    """The next run completes it, one more changes nothing, and destroyed all is gone."""
    first = second.first
    engine.destroy(STACK, directory=second.directory, env=first.environment)
    second.kill_at("Function")
    outputs, _ = second.up()
    assert second.alias()["FunctionVersion"] == outputs["candidateVersion"]
    again, lines = second.up()
    assert {line.split()[0] for line in lines} == {"same"}
    assert again == outputs
    engine.destroy(STACK, directory=second.directory, env=first.environment)
    functions = [f["FunctionName"] for f in first.lambda_.list_functions()["Functions"]]
    assert functions == [first.function]
    assert outputs["ordersTableName"] not in first.dynamodb.list_tables()["TableNames"]
    assert outputs["dlqQueueUrl"] not in first.sqs.list_queues().get("QueueUrls", [])
    names = [outputs["alarmName"], *outputs["releaseAlarmNames"]]
    assert not first.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
