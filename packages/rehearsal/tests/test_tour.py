"""The tour types what docs/first-release.md says, and expects what the page says it prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from console.processes import Children

from rehearsal import tour
from rehearsal.journal import StepError
from rehearsal.tour import Stop, stops, visit
from rehearsal.workflows.sessions import sessions

if TYPE_CHECKING:
    from pathlib import Path

FAKE = """
import sys
print("nox > Running session", *sys.argv[2:])
print("it was", *sys.argv[2:])
sys.exit("fail" in sys.argv)
"""


@pytest.fixture
def nox(tmp_path: Path) -> list[str]:
    """A stand-in that says what it was told."""
    (tmp_path / "nox.py").write_text(FAKE)
    return [sys.executable, str(tmp_path / "nox.py")]


def test_the_page_leads_from_the_emulator_to_a_rollback() -> None:
    """Every step is a session on the stack `local`, and says something that can be held to."""
    found = stops(tour.PAGE.read_text(encoding="utf-8"))
    assert [stop.arguments[0] for stop in found] == [
        *("emulator", "build", "deploy", "invoke", "build", "deploy", "rollout"),
        *("status", "ledger", "load", "rollback"),
    ]
    assert all(stop.arguments[1:3] == ("--", "local") for stop in found[1:])
    assert {stop.arguments[0] for stop in found} <= sessions()
    assert all(stop.expected for stop in found)


def test_a_command_that_says_it_is_a_stop(
    tmp_path: Path, nox: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its words are shown, what nox says of itself is not."""
    with Children(tmp_path, tmp_path / "logs") as children:
        visit(Stop("do", ("build", "--", "local"), "that `it was`"), "x", nox, children)
    assert capsys.readouterr().out == "        it was build -- local\n"


@pytest.mark.parametrize(
    ("arguments", "says", "why"),
    [(("build",), "`something else`", "did not say"), (("fail",), "", "ended with 1")],
)
def test_a_command_that_does_not_is_a_failure(
    tmp_path: Path, nox: list[str], arguments: tuple[str, ...], says: str, why: str
) -> None:
    """Whether by its exit status or by its words."""
    with (
        Children(tmp_path, tmp_path / "logs") as children,
        pytest.raises(StepError, match=why),
    ):
        visit(Stop("do", arguments, says), "x", nox, children)


def test_a_running_emulator_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a person has in it would be overwritten: one sentence, exit 2."""
    monkeypatch.setattr("sandbox.emulated.running", dict)
    assert tour.main(["python"]) == 2
    assert "Ctrl-C" in capsys.readouterr().err
