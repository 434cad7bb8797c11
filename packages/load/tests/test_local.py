import os
import time
from collections.abc import Mapping
from pathlib import Path
from socket import create_server

import pytest
from console.errors import UsageError
from sandbox import emulated
from sandbox.stack import Stack
from service import declaration

from load import local
from loadtest.scenarios import LOAD_TESTS

SERVICE = declaration.default()


def env_file(path: Path, port: int) -> Path:
    """Write what an emulator writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"AWS_ENDPOINT_URL=http://127.0.0.1:{port}\nAWS_REGION=us-east-1\n")
    return path


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Keep the commands that would be run, and the places that are used, in a directory."""
    commands: list[tuple[str, ...]] = []

    def record(_: Mapping[str, str], *command: str) -> int:
        commands.append(command)
        return 0

    def build(_: Stack, out: Path) -> dict[str, str]:
        commands.append(("build", str(out)))
        return {}

    def deploy(stack: Stack, artifact: Path, **config: object) -> str:
        commands.append(("deploy", str(artifact), *map(str, config.values())))
        stack.outputs_file.parent.mkdir(parents=True, exist_ok=True)
        stack.outputs_file.write_text("{}")
        return "1"

    monkeypatch.setattr(local, "_run", record)
    monkeypatch.setattr(Stack, "build", build)
    monkeypatch.setattr(Stack, "deploy", deploy)
    monkeypatch.setattr(local, "OWN", tmp_path / "own")
    monkeypatch.setattr(local, "BUILD", tmp_path / "build")
    monkeypatch.setattr(emulated, "RUNNING", tmp_path / "emulator.env")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return commands


def test_an_emulator_that_runs_is_used_and_deployed_to_once(
    tmp_path: Path, ran: list[tuple[str, ...]]
) -> None:
    """A second load finds the stack there; a new emulator has none and gets it again."""
    with create_server(("127.0.0.1", 0)) as listener:
        running = env_file(tmp_path / "emulator.env", listener.getsockname()[1])
        long_ago = time.time() - 100
        os.utime(running, (long_ago, long_ago))
        assert local.main(LOAD_TESTS, ["smoke", "--seed", "3"]) == 0
        assert local.main(LOAD_TESTS, ["smoke"]) == 0
        started_anew = time.time() + 100
        os.utime(running, (started_anew, started_anew))
        assert local.main(LOAD_TESTS, ["smoke"]) == 0
    assert [command[0] for command in ran] == [
        *("build", "deploy", "loadtest"),
        "loadtest",
        *("build", "deploy", "loadtest"),
    ]
    assert ran[2][-2:] == ("--seed", "3")


def test_a_stack_that_cannot_be_deployed_is_said(
    ran: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the part that failed said last; nothing is loaded."""

    def deploy(*_: object, **__: object) -> str:
        raise UsageError("deploy-artifact ended with 1: no room")

    monkeypatch.setattr(Stack, "deploy", deploy)
    monkeypatch.setattr(emulated, "running", dict)
    assert local.main(LOAD_TESTS, ["smoke"]) == 2
    assert "no room" in capsys.readouterr().err
    assert [command[0] for command in ran] == ["build"]


def test_the_scenario_is_asked_for(
    ran: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Options alone are none."""
    assert local.main(LOAD_TESTS, ["--seed", "3"]) == 2
    assert "Name the scenario" in capsys.readouterr().err
    assert ran == []


def test_two_at_once_share_nothing(
    tmp_path: Path, ran: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each that starts an emulated AWS has its own directory for it, its artifact and its stack."""
    monkeypatch.setattr(Stack, "start", lambda *_: None)
    with local.deployed(SERVICE) as stack, local.deployed(SERVICE) as other:
        assert stack.outputs_file != other.outputs_file
    builds = [command for command in ran if command[0] == "build"]
    assert len({command[-1] for command in builds}) == 2
    assert not [part for command in ran for part in command if part == str(tmp_path / "own")]
