"""The command line: which drills, and what the exit status says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rehearsal.drills import cli, run
from rehearsal.drills.catalogue import DRILLS
from rehearsal.drills.tests.sample import SEEN, events, row
from rehearsal.stack import Stack

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.drills.drill import Row
    from rehearsal.drills.run import Day


def test_an_unknown_name_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and the sentence lists the names there are."""
    assert cli.main(["no-such-drill"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(drill.name in said for drill in DRILLS)


def test_the_list_names_every_drill(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each, with its claim, and nothing is run."""
    assert cli.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [drill.name for drill in DRILLS]


def test_a_drill_named_twice_is_run_once() -> None:
    """In the order in which they were named."""
    names = [DRILLS[1].name, DRILLS[0].name, DRILLS[1].name]
    assert [drill.name for drill in cli.choose(names)] == names[:2]


def test_names_claims_and_faults_are_each_drills_own() -> None:
    """Two drills with one name would hide each other."""
    assert len({drill.name for drill in DRILLS}) == len(DRILLS)
    assert len({drill.claim for drill in DRILLS}) == len(DRILLS)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(row(), 0), (row(counts=events(lost=1)), 1), (row(None, why="It was not seen."), 1)],
)
def test_the_status_says_whether_every_claim_is_proved(
    outcome: Row, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And report and page are left either way."""

    def play(_: Day) -> list[Row]:
        return [outcome]

    monkeypatch.setattr(cli, "play", play)
    assert cli.run(run.Day(DRILLS[:1], tmp_path)) == status
    assert json.loads((tmp_path / "report.json").read_text())["claims"] == 1
    assert "claims proved" in (tmp_path / "report.html").read_text()


def test_ctrl_c_is_told_and_has_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """130, as a shell has it."""

    def play(_: Day) -> list[Row]:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "play", play)
    assert cli.main([DRILLS[0].name]) == 130
    assert "every child process has ended" in capsys.readouterr().err


def test_every_drill_says_what_it_saw(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A failed drill does not keep the next one from being run."""
    outcomes = iter([row(None, why="It was not seen."), row(SEEN)])
    monkeypatch.setattr(run, "rehearse", lambda *_: next(outcomes))
    monkeypatch.setattr(Stack, "build", lambda *_: {})
    rows = run.play(run.Day(DRILLS[:2], tmp_path))
    assert [each.proved for each in rows] == [False, True]
