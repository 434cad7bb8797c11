"""The share of refused requests under load: Erlang's formula, shortened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.tests.running import RunningEmulator
from load.model.erlang import erlang_b

from bench.emulator import erlang, throttling

if TYPE_CHECKING:
    from pathlib import Path


def test_the_share_under_poisson_load_is_erlangs(env_file: Path) -> None:
    """At 1.5 times the capacity of a concurrency of 5; the long version is `nox -s throttling`."""
    plan = throttling.Plan(seconds=3.0, seed=7, cells=((5, 1.5),))
    running = RunningEmulator.start(env_file, *throttling.OPTIONS, scale=throttling.TIME_SCALE)
    try:
        cells = throttling.measure(running, plan)
    finally:
        running.stop()
    assert all(cell.within for cell in cells), f"\n{throttling.table(plan, cells)}"


@pytest.mark.parametrize(
    ("servers", "offered", "share"),
    [(1, 1.0, 0.5), (2, 1.0, 0.2), (5, 5.0, 0.28487), (10, 5.0, 0.018385), (50, 50.0, 0.104787)],
)
def test_erlangs_formula_has_its_published_values(
    servers: int, offered: float, share: float
) -> None:
    """Values of the usual tables."""
    assert erlang_b(offered, servers) == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize(
    ("probability", "freedom", "value"), [(0.975, 4, 2.776), (0.975, 19, 2.093), (0.995, 9, 3.250)]
)
def test_students_quantiles_have_their_published_values(
    probability: float, freedom: int, value: float
) -> None:
    """Values of the usual tables."""
    assert erlang.student_quantile(probability, freedom) == pytest.approx(value, abs=1e-3)


def test_an_ideal_loss_system_refuses_what_comes_while_all_are_busy() -> None:
    """One server of 1 s: a request at the very end of a service finds it free."""
    assert erlang.replay([0.0, 0.5, 1.0, 1.9, 2.5], 1, 1.0) == [False, True, False, True, False]


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """95 % intervals about an ideal system's share hold Erlang's value nearly that often."""
    from bench.emulator import poisson

    hits, runs, batches, seconds = 0, 50, 20, 200.0
    expected = erlang_b(5.0, 5)
    for seed in range(runs):
        times = poisson.arrivals(5.0, seconds, seed)
        refused = erlang.replay(times, 5, 1.0)
        counts, losses = [0] * batches, [0] * batches
        for time, lost in zip(times, refused, strict=True):
            counts[int(time / seconds * batches)] += 1
            losses[int(time / seconds * batches)] += lost
        share = sum(losses) / sum(counts)
        hits += abs(share - expected) <= erlang.half_width(counts, losses, 0.95)
    assert 0.90 <= hits / runs <= 0.99
