import heapq
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.erlang import (
    beyond_rate,
    blocking_with_retries,
    erlang_b,
    predicted_shares,
    predicted_tries,
    share_error,
    weighted_share,
)

loads = st.floats(0.0, 100.0)
counts = st.integers(0, 60)


@pytest.mark.parametrize(
    ("offered", "slots", "expected"),
    [(1, 1, 0.5), (5, 10, 0.01838), (10, 10, 0.21458), (20, 30, 0.00846), (100, 100, 0.0757)],
)
def test_the_formula_gives_tabulated_values(offered: float, slots: int, expected: float) -> None:
    """Values as found in printed Erlang B tables."""
    assert erlang_b(offered, slots) == pytest.approx(expected, abs=5e-5)


@given(st.floats(0.01, 30.0), st.integers(0, 30))
def test_the_recursion_equals_the_sum(offered: float, slots: int) -> None:
    """The recursion is the defining quotient of a power and a truncated exponential sum."""
    terms = [offered**k / math.factorial(k) for k in range(slots + 1)]
    assert erlang_b(offered, slots) == pytest.approx(terms[-1] / sum(terms), rel=1e-9)


@given(loads, counts)
def test_more_slots_block_less_and_more_load_more(offered: float, slots: int) -> None:
    """Blocking is a share, falls with slots and rises with load."""
    blocking = erlang_b(offered, slots)
    assert 0 <= blocking <= 1
    assert erlang_b(offered, slots + 1) <= blocking
    assert erlang_b(offered + 1, slots) >= blocking


@given(loads, counts, st.floats(0.0, 1.0))
def test_retries_never_lower_the_blocking(offered: float, slots: int, retried: float) -> None:
    """Tries that come again add load; without any the plain formula holds."""
    plain = erlang_b(offered, slots)
    assert 0 <= plain <= blocking_with_retries(offered, slots, retried) + 1e-12 <= 1 + 1e-9
    assert blocking_with_retries(offered, slots, 0.0) == pytest.approx(plain)


def refused(rate: float, slots: int, retried: float, seed: int) -> float:
    """Return the share of one-time arrivals that a simulated second of service refuses.

    Of Poisson arrivals the share `retried` tries again after a long, random while until served.
    """
    rng = random.Random(seed)
    events = [(rng.uniform(0, 5000), rng.random() < retried) for _ in range(int(rate * 5000))]
    heapq.heapify(events)
    busy: list[float] = []
    once = turned_away = 0
    while events:
        at, again = heapq.heappop(events)
        while busy and busy[0] <= at:
            heapq.heappop(busy)
        once += not again
        if len(busy) < slots:
            heapq.heappush(busy, at + 1.0)
        elif again:
            heapq.heappush(events, (at + rng.expovariate(0.02), again))
        else:
            turned_away += 1
    return turned_away / once


@pytest.mark.parametrize(
    ("rate", "slots", "retried"), [(4.0, 5, 0.0), (4.0, 5, 0.3), (6.0, 5, 0.1), (1.0, 1, 0.2)]
)
def test_the_formula_describes_a_simulated_function(
    rate: float, slots: int, retried: float
) -> None:
    """Arrivals at a function of one second on so many slots are refused as often as predicted."""
    predicted = blocking_with_retries(rate * 1.0, slots, retried)
    assert refused(rate, slots, retried, seed=1) == pytest.approx(predicted, abs=0.015)


def test_negative_figures_are_refused() -> None:
    """There is no negative load."""
    with pytest.raises(ValueError, match="negative"):
        erlang_b(-1.0, 1)
    with pytest.raises(ValueError, match="negative"):
        erlang_b(1.0, -1)


def test_the_overall_share_is_weighted_by_arrivals() -> None:
    """A busy second counts for as many as arrive in it."""
    rates = [10.0, 90.0]
    shares = predicted_shares(rates, 0.05, 2, 0.0)
    expected = (10 * shares[0] + 90 * shares[1]) / 100
    assert weighted_share(rates, shares) == pytest.approx(expected)
    assert weighted_share([0.0], [0.0]) == 0.0


def test_the_interval_widens_with_bursts() -> None:
    """The same refusals, all in one second, are less certain than spread evenly."""
    attempts, expected = [100] * 10, [0.1] * 10
    even = share_error(attempts, [10] * 10, expected)
    burst = share_error(attempts, [100] + [0] * 9, expected)
    assert even == pytest.approx(0.0)
    assert burst > 0.05
    assert share_error([], [], []) == 0.0


def test_short_slots_meet_the_limit_of_requests_a_second() -> None:
    """Two slots of a millisecond could serve thousands; synchronously twenty a second may come."""
    steady = predicted_shares([10.0, 40.0, 40.0, 40.0], 0.001, 2, 0.0)
    # A second's worth is there for the first of the peak.
    assert steady == pytest.approx([0, 0, 0.5, 0.5], abs=1e-3)
    # Of asynchronous ones as many as there are slots for.
    assert predicted_shares([40.0], 0.001, 2, 1.0) == pytest.approx([0], abs=1e-3)


@pytest.mark.parametrize("rate", [40.0, 45.0, 50.0, 55.0, 70.0])
def test_requests_beyond_the_limit_are_as_many_as_a_bucket_overflows(rate: float) -> None:
    """Poisson requests into a bucket of one second's worth, simulated a hundred thousand times."""
    rng = random.Random(5)
    left, most, refused, requests = 50.0, 50.0, 0, 100_000
    for _ in range(requests):
        left = min(most, left + rng.expovariate(rate) * most)
        if left < 1:
            refused += 1
        else:
            left -= 1
    assert beyond_rate(rate, 5) == pytest.approx(refused / requests, rel=0.12, abs=0.002)


@given(st.floats(0, 1e4), st.integers(0, 300), st.floats(1, 2))
def test_the_limit_refuses_more_of_more_requests(rate: float, slots: int, more: float) -> None:
    """A share between nothing and all, rising with the rate and falling with the slots."""
    share = beyond_rate(rate, slots)
    assert 0 <= share <= 1
    assert beyond_rate(rate * more, slots) >= share - 1e-9
    assert beyond_rate(rate, slots + 1) <= share + 1e-9


def test_retries_carry_a_peak_past_its_end() -> None:
    """Who was refused in the peak comes back after it, and gives up after the last wait."""
    rates = [0.0] * 10 + [100.0] * 10 + [0.0] * 30
    tried = predicted_tries(rates, 0.1, 0.1, 1, 0.0, [0.5, 1.0])
    assert all(bin_.callers == 0 for bin_ in tried[:10])
    assert tried[10].callers == 100
    assert tried[16].callers > 100
    assert tried[22].callers > 50
    assert tried[-1].callers == 0
    once = predicted_tries(rates, 0.1, 0.1, 1, 0.0, [])
    assert [bin_.callers for bin_ in once] == rates
