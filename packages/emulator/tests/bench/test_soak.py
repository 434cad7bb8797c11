"""Asynchronous events under trouble: none is lost, shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.clock import Clock
from emulator.cloudwatch.metrics.distribution import Distribution
from emulator.cloudwatch.metrics.store import Metric, MetricStore
from hypothesis import given
from hypothesis import strategies as st

from bench.emulator import soak

if TYPE_CHECKING:
    from pathlib import Path


def test_every_event_has_an_end_or_is_reported_as_queued(tmp_path: Path) -> None:
    """Environments are killed at random; the long version is `nox -s soak_emulator`."""
    plan = soak.Plan(
        events=700, tail=300, failing=0.01, kills=6.0, seed=3, scale=300.0, drain_seconds=60.0
    )
    found = soak.run(plan, tmp_path)
    document = found.document()
    assert found.accepted == 1000
    assert found.killed > 0
    assert found.dead_letters > 0
    assert found.lost == 0, document
    assert found.missing <= found.queued_at_stop, document


def test_an_event_with_no_end_that_is_not_reported_counts_as_lost() -> None:
    """Reported events excuse as many missing ones and no more; undrained ones are never excused."""
    assert soak.Result(missing=3, queued_at_stop=2).lost == 1
    assert soak.Result(missing=3, queued_at_stop=9).lost == 0
    assert soak.Result(undrained=2, queued_at_stop=9).lost == 2


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=600), st.floats(0, 1e6))
def test_a_packed_distribution_answers_nearly_alike(values: list[float], late: float) -> None:
    """Count, sum and extremes stay exact, percentiles to a few per cent; late samples count too."""
    kept, packed = Distribution(), Distribution()
    for value in values:
        kept.add(value)
        packed.add(value)
    packed.pack(512)
    packed.pack(128)
    for one in (kept, packed):
        assert (one.count, one.minimum, one.maximum) == (
            len(values), min(values), max(values)
        )  # fmt: skip
    if len(set(values)) <= 128:
        assert packed.percentile(50) == kept.percentile(50)
    packed.add(late)
    assert packed.count == len(values) + 1 == sum(seen for _, seen in packed.multiset())
    assert packed.percentile(100) == max(*values, late)


def test_a_minute_that_is_long_over_is_packed() -> None:
    """What a series keeps of it is bounded by 128 values, and still answers; gaps are no matter."""
    store = MetricStore(Clock(60.0))
    for second in range(0, 60, 3):
        for value in range(400):
            store.put("N", "M", (), value + second / 100, 1_000_000.0 + second)
    grid = store.grid(1_000_000.0, 1_000_060.0, 60)
    found = store.distributions(Metric("N", "M"), grid)
    sizes = [len(list(one.multiset())) for one in found if one is not None]
    assert len(sizes) == 20
    assert max(sizes[:5]) <= 128
    assert min(sizes[5:]) == 400
