"""The price of a month."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model import day_profile as hours
from load.planning.prices import (
    ARCHITECTURES,
    COLD_WRITES,
    MONTH_DAYS,
    US_EAST_1,
    Extras,
    cost,
    events_per_month,
    logging,
    snapshots,
    warming,
)

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
    """The busiest hour's events are the share of the day that the data set says."""
    hour = 50 * 3600
    share = max(hours.ORDERS_BY_HOUR) / sum(hours.ORDERS_BY_HOUR)
    assert events_per_month(50) == pytest.approx(hour / share * MONTH_DAYS)


def test_arm_is_a_fifth_cheaper_by_the_second_and_not_by_the_request() -> None:
    """AWS's list: 0.0000133334 to 0.0000166667 dollars."""
    arm, x86 = (cost(1e6, 1.0, 512, ARCHITECTURES[name]) for name in ("arm64", "x86_64"))
    assert arm.duration / x86.duration == pytest.approx(0.8, abs=1e-5)
    assert arm.requests == x86.requests


def test_each_version_that_is_kept_costs_its_snapshot() -> None:
    """Some two dollars a month at 512 MB, whether anybody invokes it or not."""
    one = snapshots(Extras(versions=1), 0, 512, US_EAST_1)
    assert one == pytest.approx(1.98, abs=0.005)
    assert snapshots(Extras(versions=12), 0, 512, US_EAST_1) == pytest.approx(12 * one)
    assert snapshots(Extras(), 50, 512, US_EAST_1) == 0


def test_each_start_from_a_snapshot_costs() -> None:
    """By the memory that is restored: 50 environments, replaced every two hours."""
    starts = 50 * 12 * MONTH_DAYS
    more = snapshots(Extras(1), 50, 1024, US_EAST_1) - snapshots(Extras(1), 0, 1024, US_EAST_1)
    assert more == pytest.approx(starts * 0.0001397998)


def test_only_what_is_warmer_than_aws_makes_it_is_charged() -> None:
    """Once, for the difference."""
    assert warming(Extras(writes=COLD_WRITES), US_EAST_1) == 0
    assert warming(Extras(writes=14_000), US_EAST_1) == pytest.approx(6.50)


def test_json_lines_cost_a_little_more() -> None:
    """By the gigabyte that is taken in."""
    text, json = (logging(Extras(log_format=f), 1e6, US_EAST_1) for f in ("Text", "JSON"))
    assert 0 < text < json < 1.5 * text
