"""The rehearsal's command line."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from console.checkout import ROOT
from console.errors import UsageError
from service import declaration

from rehearsal.cli import main, parse
from rehearsal.drills.cli import main as drill
from rehearsal.faults.cli import main as faults
from rehearsal.run import prepare, show_last
from rehearsal.trials import bad_releases, good_releases


def test_an_unknown_fault_is_refused_and_the_known_ones_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bad input: one sentence, status 2."""
    with pytest.raises(SystemExit) as ended:
        parse(["--fault", "no-such-fault"])
    assert ended.value.code == 2
    assert "bad-release" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "-1", "inf", "nan", "fast"])
def test_a_rate_that_cannot_be_offered_is_refused(rate: str) -> None:
    """A rate is a number above 0."""
    with pytest.raises(SystemExit) as ended:
        parse(["--peak-rate", rate])
    assert ended.value.code == 2


def test_a_directory_that_cannot_be_written_ends_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started where the report could not be left."""
    monkeypatch.setattr("rehearsal.run.STORAGE", tmp_path)
    (tmp_path / "file").write_text("")
    assert main(["--directory", str(tmp_path / "file" / "below")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_pulumi_s_engine_needs_a_cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says how to get one; nothing is started."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("rehearsal.pulumi._TOOLS", tmp_path)
    monkeypatch.setattr("rehearsal.run.STORAGE", tmp_path)
    assert main(["--engine", "pulumi", "--directory", str(tmp_path / "run")]) == 2
    assert "build it by `nox -s pulumi_cli`" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_two_rehearsals_at_once_have_a_directory_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`latest` leads to the one that began last; the report that ended last lies where it did."""
    monkeypatch.setattr("rehearsal.run.STORAGE", tmp_path)
    monkeypatch.setattr("rehearsal.run.RUNS", tmp_path / "runs")
    asked = replace(parse([]), directory=tmp_path / "runs")
    first, second = prepare(asked).directory, prepare(asked).directory
    assert first != second
    assert {first.parent, second.parent} == {tmp_path / "runs"}
    assert (tmp_path / "runs" / "latest").resolve() == second.resolve()
    for directory in (second, first):
        (directory / "report.html").write_text(directory.name)
        show_last(directory / "report.html")
    assert (tmp_path / "runs" / "report.html").read_text() == first.name
    assert prepare(replace(asked, directory=tmp_path / "named")).directory == tmp_path / "named"


def test_an_interrupted_rehearsal_leaves_no_process_behind(tmp_path: Path) -> None:
    """Ctrl-C while the emulated AWS runs ends every child process."""
    command = [sys.executable, "-m", "rehearsal", "--directory", str(tmp_path)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    env_file = tmp_path / "emulator.env"
    for _ in range(600):
        if env_file.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    os.kill(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 130, output
    assert not processes_of(tmp_path)


def processes_of(directory: Path) -> list[str]:
    """Return the command lines that name `directory` or a place below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(directory) in line:
            found.append(line)
    return found


@pytest.mark.parametrize("command", [main, drill, faults, bad_releases.main, good_releases.main])
def test_where_there_are_several_services_one_has_to_be_named(
    command: Callable[[list[str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is guessed and nothing started; one that is named is looked up."""

    def default() -> str:
        raise UsageError("Name the service, one of: a, b.")

    monkeypatch.setattr(declaration, "default", default)
    monkeypatch.setattr("console.processes.Children.start", None)
    assert command([]) == 2
    assert "Name the service" in capsys.readouterr().err
    assert command(["--service", "nobody"]) == 2
    assert "no service 'nobody'" in capsys.readouterr().err
