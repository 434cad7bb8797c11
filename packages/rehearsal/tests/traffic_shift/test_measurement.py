"""What a shift costs live traffic."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.alias import AliasState
from rehearsal.traffic_shift.attempts import Attempt
from rehearsal.traffic_shift.measurement import (
    BUDGET,
    Rise,
    ShiftCost,
    judge,
    over_budget,
    shift_costs,
    together,
)

FLIP = 130.0
HISTORY = [(100.0, AliasState("1")), (FLIP, AliasState("2"))]
RATE = 50


def load(before: float, after: float, seed: int = 1, rate: int = RATE) -> list[Attempt]:
    """A minute of attempts, each refused by its own chance: another one from the shift on."""
    rng = random.Random(seed)
    return [
        Attempt(at, 0.08, "new", direct=True, refused=rng.random() < share)
        for number in range(60 * rate)
        if (at := 100 + number / rate) and (share := before if at < FLIP else after) is not None
    ]


def cost(attempts: list[Attempt], before: float, after: float | None = None) -> ShiftCost:
    """The shift of a load that was expected to be refused so much."""
    later = before if after is None else after
    expected = [before if attempt.at < FLIP else later for attempt in attempts]
    (only,) = shift_costs(attempts, expected, HISTORY)
    return only


def test_a_shift_that_changes_nothing_costs_nothing() -> None:
    """The same share on both sides: within the budget."""
    found = cost(load(0.2, 0.2), 0.2)
    assert (found.at, found.shares) == (FLIP, {"2": 1.0})
    assert found.rise.low < 0 < found.rise.high
    assert over_budget([found]) == []


def test_a_rise_is_the_shifts() -> None:
    """Ten per cent before, forty after, while the load stayed the same."""
    found = cost(load(0.1, 0.4), 0.1)
    assert found.rise.raised == pytest.approx(0.3, abs=0.06)
    assert over_budget([found]) == [found]


def test_a_rise_of_the_load_is_not() -> None:
    """What warm environments would have refused of the very same attempts is taken off."""
    found = cost(load(0.1, 0.4), 0.1, 0.4)
    assert found.rise.raised == pytest.approx(0, abs=0.06)
    assert over_budget([found]) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, BUDGET]))
def test_the_interval_holds_the_truth(seed: int, true: float) -> None:
    """Four standard errors around the measured rise hold the true one."""
    found = cost(load(0.2, 0.2 + true, seed), 0.2)
    assert abs(found.rise.raised - true) < 4.5 * found.rise.error


def test_a_shift_at_the_budget_is_rarely_called_over_it() -> None:
    """One in twenty is what the bound grants."""
    called = [over_budget([cost(load(0.2, 0.2 + BUDGET, seed), 0.2)]) != [] for seed in range(100)]
    assert sum(called) <= 12


def test_a_shift_far_over_it_always_is() -> None:
    """A rise of twenty points shows in six seconds of fifty attempts."""
    assert all(over_budget([cost(load(0.2, 0.4, seed), 0.2)]) for seed in range(50))


def test_refusals_in_bursts_widen_the_interval() -> None:
    """Ten at a time are one event, not ten."""
    rng = random.Random(5)
    bursts = [rng.random() < 0.2 for _ in range(300)]
    attempts = [
        Attempt(100 + n / RATE, 0.08, "new", direct=True, refused=bursts[n // 10])
        for n in range(3000)
    ]
    assert cost(attempts, 0.2).rise.error > 2 * cost(load(0.2, 0.2), 0.2).rise.error


def test_shifts_are_known_better_together() -> None:
    """The mean of four is twice as sure as one."""
    found = cost(load(0.2, 0.2), 0.2)
    mean = together([found] * 4)
    assert mean is not None
    assert mean.error == pytest.approx(found.rise.error / 2)
    assert together([]) is None


def test_what_an_earlier_shift_disturbed_is_no_yardstick() -> None:
    """The seconds after one shift do not count as those before the next."""
    attempts = load(0.1, 0.1)
    disturbed = [
        Attempt(a.at, a.seconds, a.kind, a.direct, a.refused or 124 <= a.at < FLIP)
        for a in attempts
    ]
    history = [HISTORY[0], (124.0, AliasState("2")), (FLIP, AliasState("1"))]
    first, second = shift_costs(disturbed, [0.1] * len(disturbed), history)
    assert first.rise.judge() == "over"
    assert second.before == pytest.approx(0.1, abs=0.05)


def test_the_yardstick_reaches_back_over_earlier_shifts() -> None:
    """Moves that follow each other as soon as they are measured: the quiet time lies before all."""
    attempts = load(0.1, 0.1)
    disturbed = [
        Attempt(a.at, a.seconds, a.kind, a.direct, a.refused or 118 <= a.at < FLIP)
        for a in attempts
    ]
    versions = ("2", "1", "2")
    moves = [(at, AliasState(v)) for at, v in zip((118.0, 124.0, FLIP), versions, strict=True)]
    found = shift_costs(disturbed, [0.1] * len(disturbed), [HISTORY[0], *moves])
    assert len(found) == 3
    assert {each.before for each in found} == {found[0].before}
    assert found[0].before == pytest.approx(0.1, abs=0.05)
    assert over_budget(found) == found[:2]


def test_asynchronous_attempts_are_refused_to_nobody() -> None:
    """Only callers that wait have a throttle share."""
    queued = [Attempt(100 + n / RATE, 0.01, "new", False, False) for n in range(3000)]
    assert shift_costs(queued, [0.0] * len(queued), HISTORY) == []


def test_a_shift_without_traffic_on_both_sides_is_not_measured() -> None:
    """Neither before the first event, nor after the last, nor with a handful of them."""
    attempts = load(0.1, 0.2)
    for at in (50.0, 100.0, 159.9, 500.0):
        history = [HISTORY[0], (at, AliasState("2"))]
        assert shift_costs(attempts, [0.1] * len(attempts), history) == []
    few = load(0.1, 0.2, rate=10)
    assert shift_costs(few, [0.1] * len(few), HISTORY) == []


def test_what_nobody_measured_is_undecided() -> None:
    """Neither no shifts nor few attempts are ever within the budget."""
    assert judge([], 100.0)[0] == "undecided"
    rough = ShiftCost(FLIP, {"2": 1.0}, 120, 0.1, 0.1, 0.1, 0.1, Rise(0.02, 0.04))
    verdict, said = judge([rough], 100.0)
    assert verdict == "undecided"
    assert "neither within nor over" in said


def test_one_shift_over_the_budget_is_not_averaged_away() -> None:
    """Five that cost nothing do not pay for a sixth; the sentence says which one it was."""
    good = ShiftCost(FLIP, {"2": 1.0}, 300, 0.1, 0.1, 0.1, 0.1, Rise(0.0, 0.01))
    bad = ShiftCost(142.0, {"1": 1.0}, 300, 0.1, 0.3, 0.1, 0.1, Rise(0.2, 0.02))
    verdict, said = judge([good, good, good, good, good, bad], 100.0)
    assert verdict == "over"
    assert "42.0 s" in said
    assert "+20.0 points (+16.6 to +23.4)" in said
    assert judge([good], 100.0)[0] == "within"
