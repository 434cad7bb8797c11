"""The release on the emulated AWS: the same commands, the same adapters, real metrics."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import pytest

from release.cli.main import connect, main
from release.tests.fakes import Echo, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from release.context import Release
    from release.outputs import Outputs
    from release.tests.conftest import Stack

GATE = ("--minimum-samples", "20", "--maximum-error-share", "0.15", "--poll", "0.5")


class Shell:
    """`python -m release` for one candidate of a stack."""

    def __init__(self, stack: Stack, folder: Path, candidate: str) -> None:
        self.stack, self.folder, self.candidate = stack, folder, candidate
        alarm = f"{stack.function}-errors-{candidate}"
        put_alarm(stack.function, alarm, candidate)
        self.outputs = stack.write_outputs(folder / "outputs.json", candidate, [alarm])

    def __call__(self, *arguments: str) -> int:
        """The exit status."""
        return main(["--outputs", str(self.outputs), *arguments], self._connect)

    def _connect(self, outputs: Outputs) -> Release:
        return replace(connect(outputs), probes=Echo)

    def status(self) -> dict[str, object]:
        """What `status --json FILE` writes."""
        file = self.folder / "status.json"
        assert self("status", "--json", str(file)) == 0
        content = json.loads(file.read_text())
        assert isinstance(content, dict)
        return content

    def served(self) -> tuple[object, object]:
        """The alias's version and weights."""
        status = self.status()
        return status["version"], status["weights"]


def put_alarm(function: str, name: str, version: str) -> None:
    """An alarm on the candidate's errors under the alias."""
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        Dimensions=[
            {"Name": "FunctionName", "Value": function},
            {"Name": "Resource", "Value": f"{function}:production"},
            {"Name": "ExecutedVersion", "Value": version},
        ],
    )


@contextmanager
def traffic(function: str, made: Callable[[str], str] = event) -> Iterator[None]:
    """Events at the alias, one after the other, for as long as it lasts."""
    client = boto3.client("lambda")
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            payload = made(f"o{number}")
            client.invoke(FunctionName=function, Qualifier="production", Payload=payload)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join(timeout=30)
        client.close()


def test_a_good_version_goes_from_smoke_to_live_and_back(stack: Stack, tmp_path: Path) -> None:
    """Every command of a release, on real alarms and samples."""
    shell = Shell(stack, tmp_path, "2")
    assert shell("smoke", "--version", "2") == 0
    assert shell("canary", "--version", "2", "--weight", "0.5") == 0
    assert shell.served() == ("1", {"2": 0.5})
    with traffic(stack.function):
        assert shell("gate", "--version", "2", "--bake", "6", *GATE) == 0
    assert shell("promote", "--version", "2") == 0
    assert shell.served() == ("2", {})
    assert shell("rollback") == 0
    assert shell.served() == ("1", {})
    assert shell("rollback") == 2
    assert shell("rollback", "--version", "2", "--reason", "back") == 0
    assert shell.served() == ("2", {})


def test_a_bad_version_is_caught_and_taken_back(stack: Stack, tmp_path: Path) -> None:
    """It passes the smoke test, fails the gate, and the alias returns by itself."""
    shell = Shell(stack, tmp_path, "3")
    assert shell("smoke", "--version", "3") == 0
    assert shell("canary", "--version", "3", "--weight", "0.5") == 0
    report = tmp_path / "gate.json"
    with traffic(stack.function):
        command = ("gate", "--version", "3", "--bake", "30", "--json", str(report))
        assert shell(*command, *GATE) == 1
    assert shell.served() == ("1", {})
    reasons = json.loads(report.read_text())["reasons"]
    assert any(
        "is in ALARM" in reason or "invocations of the candidate" in reason for reason in reasons
    )
    assert shell("promote", "--version", "3") == 2


def test_a_version_that_rejects_real_events_is_caught_without_an_error(
    stack: Stack, tmp_path: Path
) -> None:
    """By what the function itself counts, read back from its log through CloudWatch."""
    shell = Shell(stack, tmp_path, "3")
    assert shell("canary", "--version", "3", "--weight", "0.5") == 0
    report = tmp_path / "gate.json"

    def late(name: str) -> str:
        return json.dumps({**json.loads(event(name)), "late": True})

    with traffic(stack.function, late):
        command = ("gate", "--version", "3", "--bake", "30", "--json", str(report))
        assert shell(*command, *GATE) == 1
    assert shell.served() == ("1", {})
    told = json.loads(report.read_text())
    assert told["errors"] == 0
    assert "the candidate rejected" in told["reasons"][0]
    assert f"(TOO_LATE {told['answers']['rejected']} against 0)" in told["reasons"][0]


def test_without_traffic_nothing_passes(stack: Stack, tmp_path: Path) -> None:
    """The alarm is OK for want of data: inconclusive, and the canary is taken back."""
    shell = Shell(stack, tmp_path, "2")
    shell("canary", "--version", "2", "--weight", "0.5")
    assert shell("gate", "--version", "2", "--bake", "2", *GATE) == 3
    assert shell.served() == ("1", {})


def test_waiting_brings_the_samples(stack: Stack, tmp_path: Path) -> None:
    """Without a bake time there is no verdict; who waits gets one from the traffic."""
    shell = Shell(stack, tmp_path, "2")
    shell("canary", "--version", "2", "--weight", "0.5")
    wait = ("--on-inconclusive", "wait", "--patience", "30")
    with traffic(stack.function):
        assert shell("gate", "--version", "2", "--bake", "0", *GATE, *wait) == 0
    assert shell("promote", "--version", "2") == 0


def test_an_alarm_on_another_version_proves_nothing(stack: Stack, tmp_path: Path) -> None:
    """Alarms of the release before are not taken for this one's."""
    shell = Shell(stack, tmp_path, "2")
    put_alarm(stack.function, f"{stack.function}-errors-2", "1")
    shell("canary", "--version", "2", "--weight", "0.5")
    report = tmp_path / "gate.json"
    command = ("gate", "--version", "2", "--bake", "0", "--json", str(report))
    assert shell(*command, *GATE) == 3
    assert "does not watch version 2" in report.read_text()


def test_dlq_messages_are_replayed(stack: Stack, tmp_path: Path) -> None:
    """What the service handles leaves the queue, what fails stays and is visible."""
    shell = Shell(stack, tmp_path, "2")
    sqs = boto3.client("sqs")
    for body in (event("dead"), "no json"):
        sqs.send_message(QueueUrl=stack.queue_url, MessageBody=body)
    assert shell.status()["dlqMessages"] == 2
    assert shell("redrive", "--rate", "50") == 1
    assert shell.status()["dlqMessages"] == 1
    sqs.purge_queue(QueueUrl=stack.queue_url)
    assert shell("redrive", "--rate", "50") == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lambdaAliasName": "absent"}, "does not exist in us-east-1: deploy the stack first"),
        ({"lambdaFunctionName": "absent"}, "does not exist in us-east-1: deploy the stack first"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    stack: Stack,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    says: str,
) -> None:
    """Exit 2 and what to do."""
    shell = Shell(stack, tmp_path, "2")
    content = json.loads(shell.outputs.read_text())
    shell.outputs.write_text(json.dumps({**content, **change}))
    assert shell("status") == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


def test_a_rollout_in_one_command_is_told_by_its_ledger(stack: Stack, tmp_path: Path) -> None:
    """Warmed, watched under traffic, promoted; then listed, compared, pruned and rolled back."""
    shell = Shell(stack, tmp_path, "2")
    with traffic(stack.function):
        assert shell("rollout", "--steps", "0.5", "--bake", "4", *GATE) == 0
    assert shell.served() == ("2", {})
    entries = shell.status()["ledger"]
    assert isinstance(entries, list)
    assert [entry["kind"] for entry in entries] == ["promote", "gate"]
    assert entries[0]["figures"]["samples"] >= 20
    assert entries[0]["codeSha256"] == stack.code_sha256["2"]
    assert shell("drift") == 0
    assert shell("prune", "--keep", "2") == 0
    assert shell("rollback", "--version", "1") == 0
    assert shell("canary", "--version", "2", "--weight", "0.5") == 2


def test_synthetic_traffic_makes_good_for_a_quiet_hour(stack: Stack, tmp_path: Path) -> None:
    """Without any traffic the gate sends synthetic traffic to the candidate by its number."""
    shell = Shell(stack, tmp_path, "2")
    shell("canary", "--version", "2", "--weight", "0.5")
    report = tmp_path / "gate.json"
    synthetic = ("--on-inconclusive", "synthetic", "--synthetic-rate", "100", "--json", str(report))
    assert shell("gate", "--version", "2", "--bake", "0", *GATE, *synthetic) == 0
    assert json.loads(report.read_text())["syntheticSamples"] >= 20
    assert shell("promote", "--version", "2") == 0
