import os
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from socket import create_server

import pytest
from console.errors import UsageError
from sandbox import emulated
from service import declaration
from service import outputs as left

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
        if command[0] == "engine":
            outputs = left.path(
                Path(command[command.index("--directory") + 1]), declaration.default()
            )
            outputs.parent.mkdir(parents=True, exist_ok=True)
            outputs.write_text("{}")
        return 0

    monkeypatch.setattr(local, "_run", record)
    monkeypatch.setattr(local, "ROOT", tmp_path)
    monkeypatch.setattr(local, "OWN", tmp_path / "own")
    monkeypatch.setattr(local, "RUNNING_STACK", tmp_path / "build/stacks/local")
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
        *("artifact", "engine", "loadtest"),
        "loadtest",
        *("artifact", "engine", "loadtest"),
    ]
    assert ran[2][-2:] == ("--seed", "3")


def test_a_stack_that_cannot_be_deployed_is_said(
    tmp_path: Path, ran: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part that failed has said why; nothing is loaded."""
    assert ran == []
    monkeypatch.setattr(local, "_run", lambda *_: 1)
    with pytest.raises(UsageError, match=r"artifact says why"):
        local.deployed({}, tmp_path / "stack", SERVICE)


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
    monkeypatch.setattr(
        emulated, "aws", lambda own, *_: nullcontext({"AWS_ENDPOINT_URL": own.name})
    )
    with local.aws() as (first, stack), local.aws() as (second, other):
        assert first != second
        local.deployed(first, stack, SERVICE)
        local.deployed(second, other, SERVICE)
    builds = [command for command in ran if command[0] == "artifact"]
    assert stack != other
    assert len({command[-1] for command in builds}) == 2
    assert not [part for command in ran for part in command if part == str(tmp_path / "own")]
