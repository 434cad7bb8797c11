"""What a run that came to nothing, or cannot begin, tells a person to type."""

from __future__ import annotations

import os
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT
from console.errors import UsageError

from load import cli, local
from load.model.retries import ONCE
from load.report.next_command import Remedy, look_again, sentence
from load.report.verdict import Verdict
from load.run_log.log import Run
from load.send import open_files
from load.tests.running import run
from load.tests.stub import Stub
from loadtest.scenarios import LOAD_TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_LOG = Path("build/load/dev-smoke/20261127T100000Z")
RUN = Run(
    run_id="a", scenario="smoke", seed=1, peak_rate=5.0, duration=10.0, stages=(), retries=ONCE,
    stack="dev", service="order_processor", function="order-processing-dev", alias="production",
    concurrency=5, started_at=0.0, workers=1,
)  # fmt: skip


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Serve a stand-in for AWS."""
    with Stub(slots=50) as served:
        yield served


def typed(text: str) -> list[str]:
    """The one command between backticks."""
    (found,) = re.findall(r"`([^`]+)`", text)
    return shlex.split(found)


def test_an_inconclusive_verdict_cannot_be_made_without_remedy() -> None:
    """Nor any other with one."""
    with pytest.raises(ValueError, match="has a remedy"):
        Verdict("inconclusive", ("too few",))
    with pytest.raises(ValueError, match="has a remedy"):
        Verdict("fail", ("too slow",), "judge again")


@pytest.mark.parametrize("remedy", ["load longer", "judge again"])
def test_every_remedy_is_a_load_that_the_command_line_understands(remedy: Remedy) -> None:
    """`nox -s load -- STACK SCENARIO OPTIONS`, or `report RUN_LOG` in the scenario's place."""
    nox, option, session, separator, stack, what, *options = typed(sentence(remedy, RUN, RUN_LOG))
    assert (nox, option, session, separator, stack) == ("nox", "-s", "load", "--", "dev")
    if what == "report":
        assert options == [str(RUN_LOG)]
        return
    asked = cli.parsed(
        LOAD_TESTS, ["run", "--scenario", what, "--outputs", "o", "--run-log", "l", *options]
    )
    assert cli.check(LOAD_TESTS, asked).events() >= 2 * RUN.duration * RUN.peak_rate


def test_what_an_ended_emulator_knew_is_not_asked_for_again() -> None:
    """It ended with the run; loading again is what works."""
    assert typed(look_again("local", "order_processor", "smoke", RUN_LOG))[4:] == ["local", "smoke"]


def test_an_inconclusive_run_says_what_to_type(tmp_path: Path, stub: Stub) -> None:
    """On the terminal and in the summary."""
    thresholds = tmp_path / "many.toml"
    text = (ROOT / "packages/load/tests/patient.toml").read_text(encoding="utf-8")
    thresholds.write_text(re.sub(r"minimum_served = \d+", "minimum_served = 100000", text))
    done = run(tmp_path, stub, "--thresholds", str(thresholds))
    assert (done.status, done.summary["verdict"]) == (3, "inconclusive"), done.output
    assert done.summary["remedy"] in done.output
    assert typed(done.summary["remedy"])[4] == "local"


def test_a_run_in_which_no_event_is_due_is_refused(tmp_path: Path, stub: Stub) -> None:
    """Before any load, instead of a verdict on the generator."""
    done = run(tmp_path, stub, "--duration", "0.001")
    assert done.status == 2
    assert "No event falls due" in done.error
    assert len(done.error.splitlines()) == 1
    assert not done.run_log.exists()


def test_too_few_descriptors_are_told_before_the_run(tmp_path: Path, stub: Stub) -> None:
    """The limit is the shell's, so the sentence names its command."""
    file = tmp_path / "outputs.json"
    run(tmp_path, stub, "--duration", "0.001")  # leaves the outputs there
    script = "ulimit -n 120; exec " + shlex.join(
        [sys.executable, "-m", "loadtest", "run", "--outputs", str(file), "--scenario", "spike",
         "--run-log", str(tmp_path / "run log")]
    )  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=os.environ | stub.environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "ulimit -Hn" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "run log").exists()


def test_no_limit_is_no_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    """RLIM_INFINITY is below every number."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: unlimited)
    open_files.check(LOAD_TESTS.scenario("spike"), 1_000)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nosuch"], "no scenario 'nosuch'"),
        (["smoke", "--peak-rate", "-1"], "above 0"),
        (["smoke", "--duration", "0.0001"], "No event falls due"),
        (["smoke", "--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_starts_nothing(
    arguments: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither an emulator nor a build: one sentence, exit 2."""
    monkeypatch.setattr(local, "deployed", lambda _: pytest.fail("it was started"))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert local.main(LOAD_TESTS, arguments) == 2
    assert says in capsys.readouterr().err


def test_help_comes_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The options of the run, exit 0."""
    monkeypatch.setattr(local, "deployed", lambda _: pytest.fail("it was started"))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        local.main(LOAD_TESTS, ["smoke", "--help"])
    assert ended.value.code == 0
    assert "--peak-rate" in capsys.readouterr().out


def test_the_arguments_are_read_without_running() -> None:
    """What is wrong is one sentence."""
    with pytest.raises(UsageError, match="--scenario"):
        cli.parsed(LOAD_TESTS, ["run", "--outputs", "o", "--run-log", "l"])
