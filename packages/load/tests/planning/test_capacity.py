"""The planner's arithmetic: monotone, least, and the inverse of the prediction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.erlang import refused_share
from load.planning.capacity import (
    KEPT_UNRESERVED,
    Account,
    Load,
    by_division,
    counts,
    curve,
    rate_within,
)

RATES = st.floats(0.1, 100)
SLOTS = st.floats(0.005, 0.5)
TARGETS = st.floats(0.0005, 0.5)
RETRIED = st.sampled_from([0.0, 0.1, 1.0])
NEAR = 1e-9


@given(RATES, SLOTS, RETRIED, st.integers(0, 60))
def test_more_slots_never_refuse_more(rate: float, slot: float, retried: float, count: int) -> None:
    """The curve falls with the concurrency, at the peak and over the day."""
    load = Load(rate, slot, retried)
    assert load.share(count + 1) <= load.share(count) + NEAR
    assert load.day_share(count + 1) <= load.day_share(count) + NEAR


@given(RATES, SLOTS, RETRIED, st.integers(1, 60), st.floats(1, 3))
def test_more_events_are_never_refused_less(
    rate: float, slot: float, retried: float, count: int, more: float
) -> None:
    """The curve rises with the rate and with the slot time."""
    share = Load(rate, slot, retried).share(count)
    assert share <= Load(rate * more, slot, retried).share(count) + NEAR
    assert share <= Load(rate, slot * more, retried).share(count) + NEAR


@given(RATES, SLOTS, TARGETS, RETRIED)
def test_what_is_needed_is_enough_and_the_least(
    rate: float, slot: float, target: float, retried: float
) -> None:
    """One slot fewer would miss the target."""
    load = Load(rate, slot, retried)
    needed = load.needed(target)
    assert load.share(needed) <= target
    assert needed == 1 or load.share(needed - 1) > target


@given(RATES, SLOTS, TARGETS, st.floats(1, 3))
def test_what_is_needed_grows_with_the_rate(
    rate: float, slot: float, target: float, more: float
) -> None:
    """More events, or a stricter target, never need less."""
    needed = Load(rate, slot).needed(target)
    assert needed <= Load(rate * more, slot).needed(target)
    assert needed <= Load(rate, slot).needed(target / more)


@given(st.integers(1, 200), SLOTS, TARGETS)
def test_the_rate_within_is_the_inverse(count: int, slot: float, target: float) -> None:
    """At the highest rate the target is met, just above it no more."""
    rate = rate_within(count, slot, target)
    assert refused_share(rate * (1 - 1e-6), slot, count) <= target
    assert refused_share(rate * (1 + 1e-6), slot, count) >= target
    assert Load(rate * (1 - 1e-6), slot).needed(target) <= count


@pytest.mark.parametrize(
    ("rate", "slot", "target", "needed"),
    [
        # Tables of the Erlang-B formula: 1 % at 4.46 erlangs on 10 circuits, 12.03 on 20.
        (4.46, 1.0, 0.01, 10),
        (4.47, 1.0, 0.01, 11),
        (12.03, 1.0, 0.01, 20),
        (12.04, 1.0, 0.01, 21),
    ],
)
def test_it_agrees_with_published_tables(
    rate: float, slot: float, target: float, needed: int
) -> None:
    """The traffic tables that telephone engineers use give the same number."""
    assert Load(rate, slot).needed(target) == needed


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, float("nan")])
def test_an_impossible_target_is_refused(target: float) -> None:
    """No finite number refuses nothing at all."""
    with pytest.raises(ValueError, match="between"):
        Load(1, 1).needed(target)


@pytest.mark.parametrize(("slot", "needed", "bound"), [(0.2, 15, False), (0.01, 5, True)])
def test_short_executions_are_bound_by_the_requests_a_second(
    slot: float, needed: int, bound: bool
) -> None:
    """Forty a second at 1 %: below a tenth of a second each, the slots do not get any fewer."""
    load = Load(40, slot)
    assert load.needed(0.01) == needed
    assert load.rate_binds(needed, 0.01) is bound
    assert (Load(40, slot / 2).needed(0.01) == needed) is bound


def test_dividing_underestimates() -> None:
    """Rate times duration refuses a good part of Poisson arrivals."""
    load = Load(40, 0.1)
    assert by_division(load) == 4
    assert load.share(4) > 0.3


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_the_curve_shows_what_matters_in_few_points(needed: int, present: int) -> None:
    """One, what is needed and what there is, rising, on a page's worth of lines."""
    shown = counts(needed, [present])
    assert {1, needed} <= set(shown)
    assert shown == sorted(set(shown))
    assert len(shown) <= 30
    assert present in shown or present > shown[-1]
    assert [p.slots for p in curve(Load(1, 0.1), shown[:3])] == shown[:3]


def test_an_account_keeps_some_unreserved() -> None:
    """What a function has already is its own to use; a hundred are for the others."""
    account = Account(limit=1000, unreserved=300, reserved=50)
    assert account.reservable == 350 - KEPT_UNRESERVED
    assert account.left(60) == 290
    assert Account(limit=10, unreserved=10).reservable == 0
