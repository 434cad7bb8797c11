"""What a flip costs live traffic."""

from __future__ import annotations

import pytest

from rehearsal.alias import AliasState
from rehearsal.flip import FlipCost, flip_costs, over_budget

Point = dict[str, float | None]

HISTORY = [(100.0, AliasState("1")), (110.0, AliasState("2"))]


def point(second: float, attempts: float, throttled: float, predicted: float | None) -> Point:
    """One second of a load."""
    return {
        "second": second,
        "attempts": attempts,
        "throttled": throttled,
        "predictedShare": predicted,
    }


def load(before: float, after: float, expected: tuple[float, float] | None = None) -> list[Point]:
    """Twenty seconds of a hundred orders each, with a throttle share before and after the tenth."""
    low, high = expected or (None, None)
    return [
        point(second, 100, 100 * (before if second < 10 else after), low if second < 10 else high)
        for second in range(20)
    ]


def test_a_flip_that_changes_nothing_costs_nothing() -> None:
    """The same share on both sides."""
    (cost,) = flip_costs(load(0.2, 0.2), HISTORY, 100.0)
    assert (cost.second, cost.weights) == (10.0, {"2": 1.0})
    assert cost.raised == pytest.approx(0)
    assert over_budget([cost]) == []


def test_a_rise_is_the_flips() -> None:
    """Ten per cent before, thirty after, while the load stayed the same."""
    (cost,) = flip_costs(load(0.1, 0.3, (0.1, 0.1)), HISTORY, 100.0)
    assert cost.raised == pytest.approx(0.2)
    assert over_budget([cost]) == [cost]


def test_a_rise_of_the_load_is_not() -> None:
    """What Erlang's formula expects of the load is taken off."""
    (cost,) = flip_costs(load(0.1, 0.3, (0.1, 0.28)), HISTORY, 100.0)
    assert cost.raised == pytest.approx(0.02)


def test_a_falling_share_is_no_credit() -> None:
    """At least nothing."""
    (cost,) = flip_costs(load(0.3, 0.1), HISTORY, 100.0)
    assert cost.raised == 0.0


def test_a_flip_outside_of_the_load_is_not_measured() -> None:
    """Neither before the first order nor after the last."""
    history = [(0.0, AliasState("1")), (50.0, AliasState("2")), (500.0, AliasState("1"))]
    assert flip_costs(load(0.1, 0.2), history, 100.0) == []
    assert over_budget([FlipCost(0, {}, 0.1, 0.2)], 0.2) == []
