"""A sample of the behaviours through the AWS command line, and the README's session."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from emulator.tests.aws_cli import aws, require, shell
from emulator.tests.running import zipped

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.running import RunningEmulator

pytestmark = pytest.mark.usefixtures("command_line")


@pytest.fixture(scope="module")
def command_line() -> None:
    """The AWS CLI is there."""
    require()


def done(emulator: RunningEmulator, *arguments: str, cwd: Path) -> dict[str, Any]:
    """The JSON answer of a command that succeeds."""
    result = aws(emulator.environment, *arguments, cwd=cwd)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout) if result.stdout.strip() else {}
    return found


def refused(emulator: RunningEmulator, *arguments: str, cwd: Path) -> str:
    """The one line that a refused command prints."""
    result = aws(emulator.environment, *arguments, cwd=cwd)
    assert result.returncode in (254, 255), (result.returncode, result.stdout, result.stderr)
    return result.stderr.strip()


@pytest.mark.behaviour("I1", "I6", "I39")
def test_invoke_by_command(emulator: RunningEmulator, versatile: str, tmp_path: Path) -> None:
    """Status, version, log tail and payload; a function error is told and is no failure."""
    call = ("lambda", "invoke", "--function-name", versatile, "--qualifier", "live")
    event = ("--payload", '{"do": "raise", "message": "no"}', "--log-type", "Tail")
    reply = done(emulator, *call, *event, "reply.json", cwd=tmp_path)
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "1")
    assert reply["FunctionError"] == "Unhandled"
    assert reply["LogResult"]
    assert json.loads((tmp_path / "reply.json").read_text())["errorMessage"] == "no"


@pytest.mark.behaviour("V13", "V21", "V25", "V27", "V29", "V5")
def test_a_release_by_command(emulator: RunningEmulator, tmp_path: Path) -> None:
    """New code, wait, publish, weighted alias; a second additional version is refused."""
    (tmp_path / "code.zip").write_bytes(
        zipped({"app.py": "def handler(event, context): return 'second'"})
    )
    name = emulator.deploy("def handler(event, context): return 'first'", Publish=True)
    function = ("--function-name", name)
    zip_file = ("--zip-file", "fileb://code.zip")
    done(emulator, "lambda", "update-function-code", *function, *zip_file, cwd=tmp_path)
    done(emulator, "lambda", "wait", "function-updated-v2", *function, cwd=tmp_path)
    published = done(emulator, "lambda", "publish-version", *function, cwd=tmp_path)
    assert (published["Version"], published["State"]) == ("2", "Active")
    alias = ("create-alias", *function, "--name", "live", "--function-version", "1")
    weights = "--routing-config=AdditionalVersionWeights={2=0.5}"
    answer = done(emulator, "lambda", *alias, weights, cwd=tmp_path)
    assert answer["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}
    change = ("update-alias", *function, "--name", "live")
    text = refused(emulator, "lambda", *change, f"{weights[:-1]},3=0.1}}", cwd=tmp_path)
    assert "(InvalidParameterValueException)" in text
    assert text.endswith("Number of items in AdditionalVersionWeights cannot be greater than 1")
    assert {emulator.invoke(name, Qualifier="live").payload for _ in range(40)} == {
        *("first", "second")
    }


@pytest.mark.behaviour("C3", "C6", "I31", "I33")
def test_throttles_by_command(emulator: RunningEmulator, tmp_path: Path) -> None:
    """A reservation of zero refuses the call."""
    name = emulator.deploy("def handler(event, context): return 1")
    reserve = ("lambda", "put-function-concurrency", "--function-name", name)
    number = "--reserved-concurrent-executions"
    done(emulator, *reserve, number, "0", cwd=tmp_path)
    invoke = ("lambda", "invoke", "--function-name", name, "reply.json")
    text = refused(emulator, *invoke, cwd=tmp_path)
    assert "(TooManyRequestsException)" in text
    assert "Rate Exceeded." in text


@pytest.mark.behaviour("W30")
def test_an_alarm_by_command(emulator: RunningEmulator, tmp_path: Path) -> None:
    """CloudWatch speaks the CLI's protocol too."""
    command = (
        "cloudwatch put-metric-alarm --alarm-name by-command --namespace AWS/Lambda "
        "--metric-name Errors --statistic Sum --period 86400 --evaluation-periods 1 "
        "--threshold 0 --comparison-operator GreaterThanThreshold"
    )
    done(emulator, *command.split(), cwd=tmp_path)
    describe = ("cloudwatch", "describe-alarms", "--alarm-names", "by-command")
    (alarm,) = done(emulator, *describe, cwd=tmp_path)["MetricAlarms"]
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:by-command"
    assert "TreatMissingData" not in alarm


def test_what_is_not_emulated_is_named_to_the_command_line(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    """An operation that is not here."""
    assert "The operation ListLayers is not emulated." in refused(
        emulator, "lambda", "list-layers", cwd=tmp_path
    )


def readme() -> list[str]:
    """The README's commands: those that install, and the session."""
    text = (ROOT / "packages/emulator/README.md").read_text(encoding="utf-8")
    return re.findall(r"```sh (?:install|session)\n(.*?)```", text, re.DOTALL)


def test_the_readmes_session_does_not_wait_for_a_start_that_failed(tmp_path: Path) -> None:
    """Its first line ends, and what it started has said why."""
    start = readme()[1].splitlines()[0]
    script = f"lambda-emulator() {{ echo refused; return 2; }}\n{start}\necho on"
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, timeout=20, check=False
    )
    assert done.stdout == b"refused\non\n"


def test_the_readme_installs_it_by_itself(tmp_path: Path) -> None:
    """Its commands, in a directory without this checkout: an environment, a command, a session."""
    install, session = readme()
    assert len(session.splitlines()) == 10
    for part in ("locks", "packages"):
        (tmp_path / part).symlink_to(ROOT / part)
    left = "python -m pip check && rm locks packages\n"
    result = shell(f"{install}{left}{session}", tmp_path)
    assert result.returncode == 0, result.stderr
    assert "ERROR" not in result.stdout + result.stderr
    assert '"Hello CLI"' in result.stdout
    assert "b'\"Hello boto3\"'" in result.stdout
    assert "Asynchronous events still queued: 0." in result.stdout
    assert not (tmp_path / "aws.env").exists()
