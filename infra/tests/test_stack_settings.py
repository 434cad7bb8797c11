"""Newer parts of AWS that a stack may ask for, and that none has unless it does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from service.declaration import load
from service.names import Names

from infra.tests.recording import Recording, deploy, write_artifact

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = load("order_processor")

RELEASE = [
    Names(SERVICE, "dev").release_alarm(watched) for watched in ("errors", "throttles", "duration")
]


def function(recorded: Recording) -> dict[str, Any]:
    """Return the function's inputs."""
    return recorded.only(":Function").inputs


def test_by_default_a_stack_has_what_was_rehearsed_and_costs_least(dev: Recording) -> None:
    """No snapshots that cost per version, the rehearsal's architecture, AWS's own write rate."""
    made = function(dev)
    assert made["architectures"] == ["x86_64"]
    assert made["runtime"] == "python3.13"
    assert "snapStart" not in made
    assert made["loggingConfig"] == {
        "logFormat": "Text",
        "logGroup": "/aws/lambda/order-processing-dev",
    }
    assert "warmThroughput" not in dev.only(":Table").inputs
    assert not [a for a in dev.of_type(":MetricAlarm") if "warmUpConfiguration" in a.inputs]


def test_each_is_asked_for_by_a_setting(artifact_directory: Path) -> None:
    """What AWS is told for each."""
    recorded = deploy(
        "dev",
        artifact_directory,
        architecture="arm64",
        snapStart="true",
        logFormat="JSON",
        logLevel="WARN",
        warmWritesPerSecond="9000",
        alarmWarmUpMinutes="15",
    )
    made = function(recorded)
    assert made["architectures"] == ["arm64"]
    assert made["snapStart"] == {"applyOn": "PublishedVersions"}
    assert recorded.only(":Table").inputs["warmThroughput"] == {"writeUnitsPerSecond": 9000}
    warm = {
        a.inputs["name"]: a.inputs.get("warmUpConfiguration")
        for a in recorded.of_type(":MetricAlarm")
    }
    assert [warm[name] for name in RELEASE] == [{"warmUpPeriodDurationInMinutes": 15}] * 3
    assert not any(told for name, told in warm.items() if name not in RELEASE)


@pytest.mark.parametrize(
    ("level", "own"),
    [("INFO", "INFO"), ("WARN", "WARNING"), ("ERROR", "ERROR"), ("FATAL", "CRITICAL")],
)
def test_json_keeps_the_functions_metrics_and_lambdas_reports(
    artifact_directory: Path, level: str, own: str
) -> None:
    """Lambda drops what is below its level, and a line of metrics has none: that counts as INFO."""
    made = function(deploy("dev", artifact_directory, logFormat="JSON", logLevel=level))
    assert made["loggingConfig"] == {
        "logFormat": "JSON",
        "logGroup": "/aws/lambda/order-processing-dev",
        "applicationLogLevel": "INFO",
        "systemLogLevel": "INFO",
    }
    assert made["environment"]["variables"]["POWERTOOLS_LOG_LEVEL"] == own


def test_machine_code_for_another_architecture_is_refused(tmp_path: Path) -> None:
    """Before anything is made: Lambda would start no environment."""
    native = write_artifact(tmp_path, architectures=["x86_64"])
    assert function(deploy("dev", native))["architectures"] == ["x86_64"]
    with pytest.raises(
        pulumi.RunError, match="machine code for x86_64 but the stack runs on arm64"
    ):
        deploy("dev", native, architecture="arm64")


def test_snapshots_need_a_python_of_which_lambda_makes_them(tmp_path: Path) -> None:
    """Lambda makes none of python3.11."""
    old = write_artifact(tmp_path, runtime="python3.11")
    assert function(deploy("dev", old, runtime="python3.11"))["runtime"] == "python3.11"
    with pytest.raises(pulumi.RunError, match=r"SnapStart needs python3\.12 or newer"):
        deploy("dev", old, runtime="python3.11", snapStart="true")


def test_python_3_14_is_run_where_a_stack_says_so(tmp_path: Path) -> None:
    """Its snapshots too."""
    new = write_artifact(tmp_path, runtime="python3.14")
    made = function(deploy("dev", new, runtime="python3.14", snapStart="true"))
    assert (made["runtime"], made["snapStart"]["applyOn"]) == ("python3.14", "PublishedVersions")


def test_an_artifact_that_does_not_say_what_it_runs_on_is_refused(tmp_path: Path) -> None:
    """One of an older build."""
    directory = write_artifact(tmp_path)
    path = directory / SERVICE.name / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["architectures"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(pulumi.RunError, match="has no 'architectures'"):
        deploy("dev", directory)
