"""From what the steps saw to the verdict and the report."""

import io
from pathlib import Path
from typing import Any

import pytest
from console.processes import Children
from service.candidates import COLD_SHIFT

from rehearsal import assemble, outcome
from rehearsal.alias import AliasState, Watcher
from rehearsal.journal import Journal, StepError
from rehearsal.run import run_steps, sequence
from rehearsal.settings import Settings
from rehearsal.steps import Rehearsal
from rehearsal.traffic_shift.measurement import Rise, ShiftCost

EVENTS = {
    "sent": 10, "confirmed": 6, "rejected": 1, "deadLettered": 0, "throttled": 3,
    "failed": 0, "lost": 0, "unverified": 0, "duplicated": 0,
}  # fmt: skip


def rehearsal(tmp_path: Path, fault: str | None = None) -> Rehearsal:
    """A rehearsal in which nothing has happened yet."""
    settings = Settings(fault=fault, directory=tmp_path)
    return Rehearsal(settings, Children(tmp_path, tmp_path), Journal(13, io.StringIO()))


def load(**events: int) -> dict[str, Any]:
    """A load summary; `events` override the counts."""
    return {
        "verdict": "pass",
        "reasons": [],
        "events": EVENTS | events,
        "run": {"startedAt": 1000.0},
        "throttle": {
            "attempts": 9, "throttled": 3, "share": 1 / 3, "predictedShare": 0.3,
            "predictedInterval": [0.2, 0.4], "byReason": {},
        },
        "slotTime": {"mean": 0.08},
        "series": [
            {"second": 0, "offered": 9, "attempts": 9, "served": 6, "throttled": 3,
             "predictedShare": 0.3, "p50": 80.0, "p99": 90.0},
        ],
        "concurrency": [{"second": 0.0, "maximum": 5.0}],
    }  # fmt: skip


def failed(made: Rehearsal, sentence: str) -> None:
    """Record a step that did not hold."""
    with made.journal.step("Let the gate decide"):
        raise StepError(sentence)


def test_a_rehearsal_whose_steps_all_held_passes(tmp_path: Path) -> None:
    """Nothing failed, nothing was injected: pass."""
    assert outcome.judge(rehearsal(tmp_path)).verdict == "pass"


def test_a_refused_faulty_candidate_has_the_verdict_fail(tmp_path: Path) -> None:
    """The verdict speaks of the release, though every step of the rehearsal held."""
    found = outcome.judge(rehearsal(tmp_path, fault="bad-release"))
    assert (found.verdict, found.expected) == ("fail", True)
    assert "bad-release" in found.why


def test_a_gate_that_cannot_tell_makes_the_rehearsal_inconclusive(tmp_path: Path) -> None:
    """Neither pass nor fail is an answer of its own."""
    made = rehearsal(tmp_path)
    made.facts.gate = {"decision": "inconclusive"}
    failed(made, "12 of 299 samples")
    found = outcome.judge(made)
    assert (found.verdict, found.expected) == ("inconclusive", False)
    assert found.headline == "Inconclusive: Let the gate decide"
    assert found.why == "Let the gate decide: 12 of 299 samples"


def test_a_lost_event_fails_whatever_else_is_undecided(tmp_path: Path) -> None:
    """Losing an event is never inconclusive."""
    made = rehearsal(tmp_path)
    made.facts.gate = {"decision": "inconclusive"}
    made.facts.load = load(lost=1)
    failed(made, "1 lost")
    assert outcome.judge(made).verdict == "fail"


def test_parts_that_were_not_reached_are_null_not_zero(tmp_path: Path) -> None:
    """A zero would read as nothing lost."""
    made = rehearsal(tmp_path)
    failed(made, "the emulator ended")
    document = assemble.report(made).to_json()
    assert document["verdict"] == "fail"
    assert document["events"] is None
    assert document["throttle"] is None
    assert document["rollbackSeconds"] is None


def test_the_plots_count_seconds_from_the_first_intended_arrival(tmp_path: Path) -> None:
    """Alias history and marks, taken on the wall clock, move to the load's time."""
    made = rehearsal(tmp_path)
    made.facts.load = load()
    made.facts.marks = [(1002.0, "promote")]
    made.watcher = Watcher.__new__(Watcher)
    made.watcher.history = [(995.0, AliasState("1", (("2", 0.3),)))]
    series = assemble.series(made)
    assert [(mark.at, mark.label) for mark in series.marks] == [(2.0, "promote")]
    (weights,) = series.alias_weights
    assert weights.at == -5.0
    assert weights.shares == {"1": 0.7, "2": 0.3}
    ((second, share),) = series.throttle_share
    assert second == 0
    assert share == pytest.approx(1 / 3)


def test_after_a_failed_step_only_those_that_judge_still_run(tmp_path: Path) -> None:
    """What already happened is counted; nothing further is done to the stack."""
    made = rehearsal(tmp_path)
    made.facts.load = load()
    failed(made, "peak hour broke")
    run_steps(made)
    ran = [step.name for step in made.journal.steps[1:] if step.status != "skipped"]
    assert ran == ["Reconcile every event sent"]


def test_a_load_that_runs_is_seen_through_whatever_failed(tmp_path: Path) -> None:
    """Its events are to be counted; a load that never began has none."""
    made = rehearsal(tmp_path)
    assert not made.judges(Rehearsal.finish_load)
    made._load = Children(tmp_path, tmp_path).run("load", ["true"], {})
    assert made.judges(Rehearsal.finish_load)
    assert not made.judges(Rehearsal.roll_back_and_forward)


def test_lost_doubled_and_unverified_events_each_fail_the_reconciliation(tmp_path: Path) -> None:
    """Three ways to not know that every event has exactly one end."""
    made = rehearsal(tmp_path)
    made.facts.load = load()
    assert "10 sent" in made.reconcile()
    for count in ("lost", "duplicated", "unverified"):
        made.facts.load = load(**{count: 1})
        with pytest.raises(StepError):
            made.reconcile()


def shifted(made: Rehearsal, raised: float, error: float = 0.01) -> Rehearsal:
    """With one measured shift."""
    made.facts.load = load()
    made.facts.shifts = [
        ShiftCost(1020.0, {"2": 1.0}, 300, 0.2, 0.2 + raised, 0.2, 0.2, Rise(raised, error))
    ]
    return made


def test_a_shift_over_its_budget_fails_the_step(tmp_path: Path) -> None:
    """Within the budget the step holds, over it or undecided it does not."""
    assert "within" in shifted(rehearsal(tmp_path), 0.01).judge_shifts()
    with pytest.raises(StepError, match="over the budget"):
        shifted(rehearsal(tmp_path), 0.2).judge_shifts()
    undecided = shifted(rehearsal(tmp_path), 0.03, 0.05)
    with pytest.raises(StepError, match="neither within nor over") as error:
        undecided.judge_shifts()
    failed(undecided, str(error.value))
    assert outcome.judge(undecided).verdict == "inconclusive"


def test_a_cold_shift_has_to_break_the_budget(tmp_path: Path) -> None:
    """A measurement that does not see the cost of cold starts proves nothing; the verdict on such
    a release is `fail`."""
    made = shifted(rehearsal(tmp_path, COLD_SHIFT), 0.2)
    assert "over the budget" in made.judge_shifts()
    found = outcome.judge(made)
    assert (found.verdict, found.expected) == ("fail", True)
    assert found.headline == (
        "Caught, as expected: the cold shift cost +20.0 points of refusals, 5 are allowed"
    )
    assert "the shift at 20.0 s (version 2: 100 %) raised" in found.why
    with pytest.raises(StepError):
        shifted(rehearsal(tmp_path, COLD_SHIFT), 0.01).judge_shifts()


def test_the_report_has_the_shifts(tmp_path: Path) -> None:
    """Each with its cost, and all together."""
    made = shifted(rehearsal(tmp_path), 0.01)
    document = assemble.report(made).to_json()
    assert document["shifts"]["verdict"] == "within"
    assert document["shifts"]["raised"] == pytest.approx(0.01)
    (move,) = document["shifts"]["moves"]
    assert move["second"] == 20.0
    assert move["shares"] == {"2": 1.0}
    assert move["low"] < move["raised"] < move["high"]


def test_a_faulty_candidate_is_never_promoted(tmp_path: Path) -> None:
    """The sequence for a fault rolls it out, which is to be refused, and counts the events."""
    names = [name for name, _ in sequence(Settings(fault="bad-release", directory=tmp_path))]
    assert not any("promote" in name.lower() for name in names)
    assert names[-1] == "Reconcile every event sent"


def test_a_candidate_that_smoke_refuses_is_neither_shifted_nor_loaded(tmp_path: Path) -> None:
    """Nothing of a customer's reaches it, and the verdict says who refused it."""
    made = rehearsal(tmp_path, fault="bad-release")
    made.facts.refused_by_smoke = True
    assert "smoke test" in outcome.judge(made).headline
    run_steps(made)
    assert {step.status for step in made.journal.steps} == {"skipped"}
