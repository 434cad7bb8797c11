"""The outputs of a stack that somebody else deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
import pytest
from service import declaration
from service.names import Names

from release.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from release.tests.conftest import Stack


def call(path: Path, stack: str) -> int:
    """The exit status of `discover`."""
    return main(["--outputs", str(path), "discover", "--stack", stack])


def called(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Have the service's function called so."""
    monkeypatch.setattr(Names, "function", property(lambda _: function))


@pytest.mark.usefixtures("emulated_aws")
def test_a_stack_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, status 2, no file."""
    assert call(tmp_path / "outputs.json", "nowhere") == 2
    assert "deploy the stack first" in capsys.readouterr().err
    assert not (tmp_path / "outputs.json").exists()


@pytest.mark.usefixtures("emulated_aws")
def test_a_function_without_a_published_version_is_refused(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing to roll back to or promote."""
    called(monkeypatch, stack.function)
    functions = boto3.client("lambda")
    functions.update_alias(
        FunctionName=stack.function, Name="production", FunctionVersion="$LATEST"
    )
    for version in stack.code_sha256:
        functions.delete_function(FunctionName=stack.function, Qualifier=version)
    assert call(tmp_path / "outputs.json", "any") == 2


@pytest.mark.usefixtures("emulated_aws")
def test_the_newest_version_is_the_candidate(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the last deployment published, with the digest of its code."""
    called(monkeypatch, stack.function)
    path = tmp_path / "deep" / "outputs.json"
    assert call(path, "any") == 0
    found = json.loads(path.read_text())
    assert (found["candidateVersion"], found["codeSha256"]) == ("3", stack.code_sha256["3"])
    assert found["dlqQueueUrl"] is None
    assert (found["stack"], found["service"]) == ("any", declaration.default())


@pytest.mark.usefixtures("emulated_aws")
def test_a_dead_letter_queue_that_is_gone_stops_nothing(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback finds its way without it."""
    called(monkeypatch, stack.function)
    target = "arn:aws:sqs:us-east-1:123456789012:deleted"
    functions = boto3.client("lambda")
    functions.update_function_configuration(
        FunctionName=stack.function, DeadLetterConfig={"TargetArn": target}
    )
    path = tmp_path / "outputs.json"
    assert call(path, "any") == 0
    found = json.loads(path.read_text())
    assert (found["dlqQueueArn"], found["dlqQueueUrl"]) == (target, None)


@pytest.mark.usefixtures("emulated_aws")
def test_a_rollback_needs_no_sqs(
    stack: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A queue that nobody may look up is left out, which is told; the rest stands."""
    called(monkeypatch, stack.function)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
    target = "arn:aws:sqs:us-east-1:123456789012:queue"
    boto3.client("lambda").update_function_configuration(
        FunctionName=stack.function, DeadLetterConfig={"TargetArn": target}
    )
    path = tmp_path / "outputs.json"
    assert call(path, "any") == 0
    assert json.loads(path.read_text())["dlqQueueUrl"] is None
    assert "Without the queue `redrive` cannot work" in capsys.readouterr().err


def test_an_aws_that_cannot_be_reached_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and what to look at."""
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    assert call(tmp_path / "outputs.json", "prod") == 2
    assert capsys.readouterr().err.count("\n") == 1
