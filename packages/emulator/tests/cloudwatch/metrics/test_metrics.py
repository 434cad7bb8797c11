from __future__ import annotations

import math
import random

import pytest
from emulator.cloudwatch.metrics.distribution import DISTINCT_VALUES, Distribution, parse_statistic
from emulator.cloudwatch.metrics.store import RETAINED_MINUTES, Metric, MetricStore
from emulator.errors import AwsError
from emulator.tests.cloudwatch_client import NOON, SteppedClock
from hypothesis import given
from hypothesis import strategies as st

ERRORS = Metric.of("AWS/Lambda", "Errors", [("FunctionName", "f")])
FUNCTION = (("FunctionName", "f"),)


def store_at(scale: float = 1.0) -> MetricStore:
    """An empty store."""
    return MetricStore(SteppedClock(scale))


def values(store: MetricStore, statistic: str, period: int, minutes: float) -> list[float | None]:
    """The values of ERRORS per period, from noon."""
    grid = store.grid(NOON, NOON + minutes * store.minute, period)
    points = store.points(ERRORS, parse_statistic(statistic), grid)
    return [None if point is None else point.value for point in points]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("Sum", 7.0), ("Average", 7 / 3), ("Minimum", 1.0), ("Maximum", 4.0), ("SampleCount", 3.0)],
)
def test_simple_statistics_of_one_minute(statistic: str, expected: float) -> None:
    """Sum, Average, extremes and SampleCount are those of the samples put."""
    store = store_at()
    for value in (1.0, 2.0, 4.0):
        store.put("AWS/Lambda", "Errors", FUNCTION, value, NOON + 59.9)
    assert values(store, statistic, 60, 1) == [expected]


def test_points_carry_the_start_of_their_period() -> None:
    """W39 (CloudWatch User Guide, concepts): a point is stamped with its period's start."""
    store = store_at()
    store.put("AWS/Lambda", "Errors", FUNCTION, 1.0, NOON + 119)
    grid = store.grid(NOON, NOON + 120, 60)
    points = store.points(ERRORS, parse_statistic("Sum"), grid)
    assert [point and point.timestamp for point in points] == [None, NOON + 60]


def test_time_scale_shrinks_the_minute_and_keeps_real_timestamps() -> None:
    """At scale 20 a period of 60 s is a bucket of 3 real seconds at real times."""
    store = store_at(20)
    for second in (0.0, 2.9, 3.0):
        store.put("AWS/Lambda", "Errors", FUNCTION, 1.0, NOON + second)
    grid = store.grid(NOON, NOON + 6, 60)
    points = store.points(ERRORS, parse_statistic("Sum"), grid)
    assert [(point.timestamp - NOON, point.value) for point in points if point] == [(0, 2), (3, 1)]


def test_longer_periods_add_up_minutes() -> None:
    """A period of 300 s combines five minutes, percentiles included."""
    store = store_at()
    for minute in range(5):
        store.put("AWS/Lambda", "Errors", FUNCTION, float(minute), NOON + minute * 60)
    assert values(store, "Sum", 300, 5) == [10.0]
    assert values(store, "p50", 300, 5) == [2.0]


def test_series_do_not_roll_up_over_dimensions() -> None:
    """M19 (CloudWatch User Guide, concepts): each dimension set is a series of its own."""
    store = store_at()
    store.put("AWS/Lambda", "Errors", (*FUNCTION, ("Resource", "f:live")), 1.0, NOON)
    assert values(store, "Sum", 60, 1) == [None]


def test_the_order_of_dimensions_does_not_matter() -> None:
    """The same dimensions in another order are the same metric."""
    store = store_at()
    store.put("N", "m", (("b", "2"), ("a", "1")), 1.0, NOON)
    store.put("N", "m", (("a", "1"), ("b", "2")), 1.0, NOON)
    assert list(store.metrics()) == [Metric("N", "m", (("a", "1"), ("b", "2")))]


def test_each_series_keeps_a_bounded_number_of_minutes() -> None:
    """The oldest minute is forgotten when a new one would exceed the retention."""
    store = store_at()
    for minute in range(RETAINED_MINUTES + 5):
        store.put("AWS/Lambda", "Errors", FUNCTION, 1.0, NOON + minute * 60)
    found = values(store, "Sum", 60, RETAINED_MINUTES + 5)
    assert found == [None] * 5 + [1.0] * RETAINED_MINUTES


def test_idle_series_are_forgotten() -> None:
    """A metric without data in the retention is no longer listed, and can come back."""
    store = store_at()
    store.put("AWS/Lambda", "Errors", FUNCTION, 1.0, NOON)
    store.forget_idle(NOON + 60)
    assert list(store.metrics()) == [ERRORS]
    later = NOON + (RETAINED_MINUTES + 2) * 60
    store.forget_idle(later)
    assert list(store.metrics()) == []
    store.put("AWS/Lambda", "Errors", FUNCTION, 1.0, later)
    assert list(store.metrics()) == [ERRORS]


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=200),
    st.floats(0.1, 100),
)
def test_percentiles_of_few_values_are_exact(samples: list[float], rank: float) -> None:
    """A percentile is the sample of nearest rank while the distinct values fit."""
    distribution = Distribution()
    for sample in samples:
        distribution.add(sample)
    place = max(1, math.ceil(len(samples) * rank / 100 * (1 - 1e-12)))
    assert distribution.percentile(rank) == sorted(samples)[place - 1]


@pytest.mark.parametrize("rank", [1.0, 50.0, 90.0, 99.0, 99.9, 100.0])
def test_percentiles_of_many_values_are_within_one_per_cent(rank: float) -> None:
    """However many distinct values a minute has, memory is bounded and p is at most 1 % off."""
    source = random.Random(7)
    samples = [source.lognormvariate(3, 0.8) for _ in range(30_000)]
    distribution = Distribution()
    for sample in samples:
        distribution.add(sample)
    exact = sorted(samples)[math.ceil(len(samples) * rank / 100) - 1]
    assert distribution.percentile(rank) == pytest.approx(exact, rel=0.0101)
    assert len(distribution.values) <= DISTINCT_VALUES
    assert distribution.total == pytest.approx(math.fsum(samples))


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=3_000))
def test_memory_of_a_distribution_is_bounded(samples: list[float]) -> None:
    """No sequence of values makes a distribution keep more than its limit."""
    distribution = Distribution()
    for sample in samples:
        distribution.add(sample / 1e200)
        distribution.add(sample * 1e-290)
    assert len(distribution.values) <= DISTINCT_VALUES
    assert sum(distribution.values.values()) == 2 * len(samples)


def test_percentiles_need_raw_values_that_are_not_negative() -> None:
    """W55 (CloudWatch User Guide, concepts): no percentile of statistic sets or negative values."""
    opaque, uniform, negative = Distribution(), Distribution(), Distribution()
    opaque.add(5)
    opaque.add_set(9, 45, 1, 9)
    uniform.add_set(10, 50, 5, 5)
    negative.add(-1)
    found = [each.percentile(50) for each in (opaque, uniform, negative)]
    assert found == [None, 5, None]
    assert (opaque.count, opaque.total, opaque.minimum, opaque.maximum) == (10, 50, 1, 9)


@pytest.mark.parametrize("text", ["Median", "p101", "tm90", "", "p", "p99.12345678901"])
def test_other_statistics_are_refused_by_name(text: str) -> None:
    """A statistic that is not computed is a ValidationError that names it."""
    with pytest.raises(AwsError, match=f"statistic {text}") as caught:
        parse_statistic(text)
    assert caught.value.code == "ValidationError"
