"""The price of a month."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import hours
from loadtest.planning.prices import MONTH_DAYS, US_EAST_1, cost, orders_per_month

COUNTS = st.floats(0, 1e9)
SLOTS = st.floats(0.001, 900)
MEMORY = st.integers(128, 10_240)


def test_the_published_example() -> None:
    """Three million executions of one second at 512 MB, before the free tier."""
    found = cost(3_000_000, 1.0, 512, US_EAST_1)
    assert found.duration == pytest.approx(25.0, abs=0.01)
    assert found.requests == pytest.approx(0.60)
    assert found.total == found.duration + found.requests


@given(COUNTS, COUNTS, SLOTS, MEMORY)
def test_costs_add_up(one: float, other: float, slot: float, memory: int) -> None:
    """Two parts cost what the whole does."""
    parts = cost(one, slot, memory, US_EAST_1).total + cost(other, slot, memory, US_EAST_1).total
    assert cost(one + other, slot, memory, US_EAST_1).total == pytest.approx(parts)


@given(COUNTS, SLOTS, MEMORY, st.floats(0, 1))
def test_longer_and_larger_never_costs_less(
    count: float, slot: float, memory: int, more: float
) -> None:
    """Duration is rounded up to the next millisecond."""
    found = cost(count, slot, memory, US_EAST_1).total
    assert found <= cost(count, slot + more, memory, US_EAST_1).total + 1e-9
    assert found <= cost(count, slot, memory + 1, US_EAST_1).total + 1e-9


def test_a_started_millisecond_is_billed() -> None:
    """1.2 ms cost what 2 ms do, and 2 ms are not taken for more."""
    assert cost(1, 0.0012, 128, US_EAST_1) == cost(1, 0.002, 128, US_EAST_1)


def test_a_month_follows_the_profile() -> None:
    """The busiest hour's orders are the share of the day that the data set says."""
    hour = 50 * 3600
    share = max(hours.ORDERS_BY_HOUR) / sum(hours.ORDERS_BY_HOUR)
    assert orders_per_month(50) == pytest.approx(hour / share * MONTH_DAYS)
