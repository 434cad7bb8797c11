"""Answers that are wrong without an error: whose rejected events are compared."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from release.gate.answers import evidence, uncounted
from release.gate.decision import decide
from release.gate.evidence import failures, suspicions
from release.observation import Answers, Count, Period, Policy, Samples
from release.outputs import load
from release.remedy import Remedy
from release.state import alias, ledger
from release.tests.fakes import ALIAS, FUNCTION, OUTCOMES, START, watching
from release.tests.test_cli import CANARY, CONTENT, GATE, Shell

if TYPE_CHECKING:
    from pathlib import Path

POLICY = Policy(FUNCTION, ALIAS, "2", START, START, live="1", weight=0.1, outcomes=OUTCOMES)
ALARMS = (watching("errors", "2"),)


def answers(answered: int, **reasons: int) -> Answers:
    """So many events answered; each one rejected for one reason."""
    return Answers(answered, sum(reasons.values()), reasons)


def samples(mine: Answers, other: Answers, errors: int = 0, live_errors: int = 0) -> Samples:
    """One period in which both versions answered what they did not fail."""
    counts = (
        Count(mine.answered + errors, errors),
        Count(other.answered + live_errors, live_errors),
    )
    period = Period(*counts, candidate_answers=mine, live_answers=other)
    return Samples(counts[0].invocations, errors, newest=START, periods=(period,))


def test_a_candidate_that_rejects_what_the_live_version_takes_fails() -> None:
    """Shares and the reason that tells them apart; no alarm and no error is needed."""
    seen = samples(answers(400, NEGATIVE=12, TOO_LATE=30), answers(3600, NEGATIVE=108))
    assert failures(seen, POLICY) == [
        "the candidate rejected 42 of 400 events (10.5 %), version 1 108 of 3600 events (3.0 %) "
        "(TOO_LATE 30 against 0, NEGATIVE 12 against 108); if that is right, "
        "--accept-rejections REASON says so"
    ]
    assert decide(ALARMS, seen, POLICY).verdict == "fail"


@pytest.mark.parametrize(
    ("mine", "fails"),
    [
        (answers(4000, NEGATIVE=120, TOO_LATE=120), False),  # a customer sends something new
        (answers(4000), False),  # a customer has mended something
        (answers(4000, NEGATIVE=120, TOO_LATE=800), True),
    ],
)
def test_after_a_promotion_only_a_leap_of_rejections_fails(mine: Answers, fails: bool) -> None:
    """The versions' events are of different hours: what customers send is no version's fault."""
    seen = samples(mine, answers(4000, NEGATIVE=120))
    assert failures(seen, POLICY)
    assert bool(failures(seen, replace(POLICY, follows=True))) is fails


def test_one_that_rejects_everything_fails_at_once() -> None:
    """Within its first minute."""
    seen = samples(answers(40, NEGATIVE=1, TOO_LATE=39), answers(360, NEGATIVE=11))
    assert failures(seen, POLICY)


def test_one_that_takes_the_invalid_fails() -> None:
    """Live rejects 3 %, the candidate nothing: what it confirmed should not be."""
    seen = samples(answers(400), answers(3600, NEGATIVE=108))
    assert "the candidate rejected 0 of 400 events" in failures(seen, POLICY)[0]


def test_a_reason_that_is_new_is_seen_where_the_shares_hardly_differ() -> None:
    """Six of 1,000, where 3 % are rejected anyhow."""
    seen = samples(answers(1000, NEGATIVE=30, TOO_LATE=8), answers(9000, NEGATIVE=270))
    assert "TOO_LATE 8 against 0" in failures(seen, POLICY)[0]
    alike = samples(answers(1000, NEGATIVE=38), answers(9000, NEGATIVE=270))
    assert not failures(alike, POLICY)


def test_the_same_share_is_no_difference() -> None:
    """However large it is, and whatever the reason."""
    seen = samples(answers(400, NEGATIVE=200), answers(3600, NEGATIVE=1790, TOO_LATE=3))
    assert failures(seen, POLICY) == suspicions(seen, POLICY) == []
    assert decide(ALARMS, seen, POLICY).verdict == "pass"


def test_what_is_likely_but_not_proven_is_no_pass() -> None:
    """More traffic will tell."""
    seen = samples(answers(400, NEGATIVE=12, TOO_LATE=4), answers(3600, NEGATIVE=108))
    assert not failures(seen, POLICY)
    decision = decide(ALARMS, seen, POLICY)
    assert (decision.verdict, decision.remedy) == ("inconclusive", Remedy.WAIT)
    assert "TOO_LATE 4 against 0" in decision.reasons[0]


@pytest.mark.parametrize("rejected_fail_too", [False, True])
def test_the_fix_of_a_failing_version_is_no_difference(*, rejected_fail_too: bool) -> None:
    """Whether the failing half of the live version's events are the valid ones or any."""
    kept = 540 if rejected_fail_too else 1080
    seen = samples(answers(4000, NEGATIVE=120), answers(18_000, NEGATIVE=kept), live_errors=18_000)
    assert evidence(seen, POLICY) < 20
    assert decide(ALARMS, seen, POLICY).verdict == "pass"


def test_a_person_may_accept_what_is_rejected() -> None:
    """A stricter rule is no fault, where somebody says so."""
    seen = samples(answers(400, TOO_LATE=40), answers(3600))
    assert decide(ALARMS, seen, POLICY).verdict == "fail"
    assert decide(ALARMS, seen, replace(POLICY, accepted="stricter")).verdict == "pass"


def test_without_outcomes_errors_alone_decide() -> None:
    """And nothing is missed that nobody declared."""
    seen = samples(answers(400, TOO_LATE=40), answers(3600))
    assert decide(ALARMS, seen, replace(POLICY, outcomes=None)).verdict == "pass"


@pytest.mark.parametrize(
    ("mine", "other", "told"),
    [
        (Answers(), answers(3600), "of the candidate's 400 invocations without an error 0 out"),
        (answers(150), answers(3600), "of the candidate's 400 invocations without an error 150 o"),
        (answers(400), Answers(), "of version 1's 3600 invocations without an error 0 outcomes"),
    ],
)
def test_answers_that_nobody_counted_are_a_doubt(mine: Answers, other: Answers, told: str) -> None:
    """Invocations without an error are seen, their outcomes are not: never a pass in silence."""
    period = Period(Count(400), Count(3600), candidate_answers=mine, live_answers=other)
    seen = Samples(400, newest=START, periods=(period,))
    (doubt,) = uncounted(seen, POLICY)
    assert doubt.startswith(told)
    assert decide(ALARMS, seen, POLICY).verdict == "inconclusive"
    assert decide(ALARMS, seen, replace(POLICY, accepted="counts from now on")).verdict == "pass"


def test_a_version_that_fails_every_event_counts_none() -> None:
    """That is said by its errors."""
    seen = samples(Answers(), answers(3600), errors=400)
    assert uncounted(seen, POLICY) == []


class Counted(Shell):
    """A canary of version 2 of a service that counts its outcomes."""

    def __init__(self, folder: Path, mine: Answers, other: Answers) -> None:
        super().__init__(folder)
        outcomes = {name: getattr(OUTCOMES, name) for name in OUTCOMES.__slots__}
        self.outputs.write_text(json.dumps(CONTENT | {"outcomes": outcomes}))
        seen = samples(mine, other)
        self.monitoring.invocations, self.monitoring.periods = mine.answered, seen.periods
        assert self(*CANARY) == 0


def test_the_command_fails_it_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, the alias back, the figures in the ledger and in the result."""
    shell = Counted(tmp_path, answers(400, TOO_LATE=40), answers(1200))
    assert load(shell.outputs).outcomes == OUTCOMES
    assert shell(*GATE, "--json", str(shell.result)) == 1
    assert "TOO_LATE 40 against 0" in capsys.readouterr().err
    seen = alias.read(shell.functions)
    assert seen.weights == {}
    (entry, *_) = ledger.read(shell.functions, seen)
    assert entry.figures is not None
    assert (entry.figures.rejected, entry.figures.live_rejected) == (40, 0)
    assert shell.written()["answers"] == {
        "answered": 400, "rejected": 40, "reasons": {"TOO_LATE": 40},
    }  # fmt: skip


def test_what_a_person_accepted_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the ledger's entry and in the verdict."""
    shell = Counted(tmp_path, answers(400, TOO_LATE=40), answers(1200))
    assert shell(*GATE, "--accept-rejections", "late ones are refused by law now") == 0
    assert "Rejections accepted: late ones are refused by law now." in capsys.readouterr().out
    (entry, *_) = ledger.read(shell.functions, alias.read(shell.functions))
    assert (entry.verdict, entry.reason) == (
        "pass", "rejections accepted: late ones are refused by law now",
    )  # fmt: skip


def test_nobody_accepts_without_a_reason(tmp_path: Path) -> None:
    """A form's empty field is no reason."""
    shell = Counted(tmp_path, answers(400), answers(1200))
    assert shell(*GATE, "--accept-rejections", " ") == 2


def test_a_verdict_without_outcomes_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pass then means less."""
    shell = Shell(tmp_path)
    shell(*CANARY)
    assert shell(*GATE) == 0
    assert "Answers not judged" in capsys.readouterr().out
