"""Run log, report, breakages and the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from service import declaration

from rehearsal.faults import broken, cli
from rehearsal.faults.judge import Verdict
from rehearsal.faults.kinds import KINDS
from rehearsal.faults.oracle import load
from rehearsal.faults.plan import plan
from rehearsal.faults.report import assemble
from rehearsal.faults.run import gather
from rehearsal.faults.run_log import Answer, DlqMessage, RunLog, Sent, Write
from rehearsal.faults.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = declaration.chosen()
ORACLE = load(SERVICE)
EVENT = plan(ORACLE, KINDS, 100, 1, "conflict")[0][0]


def test_what_was_sent_is_known_before_its_answer(tmp_path: Path) -> None:
    """A delivery without an answer is an error to its caller, not forgotten."""
    run_log = RunLog(tmp_path)
    for number in (0, 1):
        run_log.note(Sent("o", number, "sync", "d"))
    run_log.note(Answer("o", 0, "sync", "d", "confirmed", {"total": "1"}))
    run_log.note(Write("o", "i"))
    run_log.note(DlqMessage("o", "d"))
    seen = gather(tmp_path)["o"]  # read while the run_log are open: every line is on disk
    run_log.close()
    assert [answer.outcome for answer in seen.answers] == ["confirmed", "unanswered"]
    assert (seen.writes, seen.dlq_messages) == (["i"], ["d"])


def test_a_failing_run_names_the_command_that_replays_it(tmp_path: Path) -> None:
    """The kind that went wrong, with the size and seed of the whole run."""
    settings = Settings(events=500, seed=42)
    verdict = Verdict("lost", (("lost", "was accepted and is nowhere"),))
    report = assemble(settings, 1.0, [(EVENT, verdict)], {EVENT.event_id: 1})
    assert not report.passed
    assert "nox -s faults -- --events 500 --seed 42 --only conflict" in report.text()
    report.write(tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text())
    assert (written["verdict"], written["kinds"]["conflict"]["lost"]) == ("fail", 1)


def test_a_fault_that_never_happened_proves_nothing() -> None:
    """Events that all ended well without their fault fail the run."""
    verdicts = [(EVENT, Verdict("confirmed", ()))]
    assert assemble(Settings(), 1.0, verdicts, {EVENT.event_id: 1}).passed
    assert not assemble(Settings(), 1.0, verdicts, {}).passed


@pytest.mark.parametrize("name", ORACLE.breakages())
def test_every_breakage_fits_the_source(name: str, tmp_path: Path) -> None:
    """A change of the service that takes its piece away is noticed here, not in a long run."""
    module = ORACLE.breakages()[name].module
    changed = broken.overlay(SERVICE, name, tmp_path) / SERVICE.name / module
    compile(changed.read_text(), module, "exec")
    assert changed.read_text() != (SERVICE.package / module).read_text()


@pytest.mark.parametrize(
    "arguments", [["--events", "3"], ["--events", "100", "--directory", "/proc/x"]]
)
def test_bad_input_is_one_sentence_and_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Too few events; a directory that cannot be."""
    assert cli.main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
