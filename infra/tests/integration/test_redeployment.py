"""Deploying again: versions, the alias, an interrupted deployment, the end of a stack."""

from __future__ import annotations

import json
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


@pytest.fixture
def second(stack: Deployed, tmp_path: Path) -> Iterator[Second]:
    """Return the second stack, not deployed yet; it is removed afterwards."""
    yield Second(stack, tmp_path / "stack")
    engine.destroy(STACK, directory=tmp_path / "stack", env=stack.environment)


def test_an_unchanged_deployment_changes_nothing(second: Second) -> None:
    """Every resource is the same, and no version is published."""
    first, _ = second.up()
    again, lines = second.up()
    assert {line.split()[0] for line in lines} == {"same"}
    assert again == first


def test_a_new_artifact_becomes_a_candidate_and_not_live(second: Second, tmp_path: Path) -> None:
    """Version 2 is published, the alarms look at it, and the alias stays on version 1."""
    second.up()
    manifest = build_artifact(tmp_path / "artifact", label="two")
    outputs, _ = second.up(tmp_path / "artifact")
    assert outputs["candidateVersion"] == "2"
    assert outputs["codeSha256"] == manifest["codeSha256"]
    assert second.alias()["FunctionVersion"] == "1"
    name = outputs["releaseAlarmNames"][0]
    (alarm,) = second.first.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert {"Name": "ExecutedVersion", "Value": "2"} in alarm["Dimensions"]


def test_what_the_release_tool_set_survives_a_deployment(second: Second, tmp_path: Path) -> None:
    """Target, weights and description of the alias stay, down to its revision."""
    second.up()
    build_artifact(tmp_path / "artifact", label="two")
    second.up(tmp_path / "artifact")
    second.first.lambda_.update_alias(
        FunctionName=FUNCTION,
        Name="production",
        FunctionVersion="1",
        Description='{"previous":"1"}',
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    before = second.alias()
    second.up(reservedConcurrency="6", memoryMb="640")
    after = second.alias()
    for key in ("FunctionVersion", "Description", "RoutingConfig", "RevisionId"):
        assert after[key] == before[key]


def test_a_changed_configuration_is_a_version_too(second: Second) -> None:
    """Memory belongs to a version, reserved concurrency to the function."""
    second.up()
    assert second.up(reservedConcurrency="6")[0]["candidateVersion"] == "1"
    assert second.up(reservedConcurrency="6", memoryMb="640")[0]["candidateVersion"] == "2"
    version = second.first.lambda_.get_function_configuration(FunctionName=FUNCTION, Qualifier="2")
    assert version["MemorySize"] == 640


def test_too_much_concurrency_is_refused_before_any_change(second: Second) -> None:
    """The preflight counts what `local` holds, and nothing is made."""
    with pytest.raises(engine.EngineError, match=r"asks for a reserved concurrency of 900, but"):
        second.up(reservedConcurrency="900")
    assert not (second.directory / "state.json").exists()


@pytest.mark.parametrize("after", ["Role", "Function", "Alias", "MetricAlarm"])
def test_a_killed_deployment_can_be_run_again(second: Second, after: str) -> None:
    """Killed without warning at any resource, the next run completes the stack."""
    pairs = [f"--config={key}={value}" for key, value in second.config().items()]
    command = [sys.executable, "-m", "rehearsal.engine", "up", "--stack", STACK, *pairs]
    with subprocess.Popen(
        [*command, "--directory", str(second.directory)],
        cwd=ROOT,
        env=second.first.environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout or ():
            if after in line:
                process.kill()
                break
    outputs, _ = second.up()
    assert (second.alias()["FunctionVersion"], outputs["candidateVersion"]) == ("1", "1")
    assert {line.split()[0] for line in second.up()[1]} == {"same"}


def test_destroying_leaves_nothing(second: Second) -> None:
    """Function, table, queue, log group and alarms are gone, and the other stack is not."""
    outputs, _ = second.up()
    engine.destroy(STACK, directory=second.directory, env=second.first.environment)
    first = second.first
    functions = [f["FunctionName"] for f in first.lambda_.list_functions()["Functions"]]
    assert functions == [first.function]
    assert outputs["ordersTableName"] not in first.dynamodb.list_tables()["TableNames"]
    assert outputs["dlqQueueUrl"] not in first.sqs.list_queues().get("QueueUrls", [])
    names = [outputs["alarmName"], *outputs["releaseAlarmNames"]]
    assert not first.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert json.loads((second.directory / "state.json").read_text()) == {"resources.v1": {}}
