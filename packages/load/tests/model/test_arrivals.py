import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.arrivals import Stage, poisson, rate_per_bin

stages = st.lists(
    st.builds(Stage, st.floats(0.1, 5.0), st.floats(0.0, 50.0)), min_size=1, max_size=5
)


@given(stages, st.integers())
def test_arrivals_ascend_and_stay_within_the_run(plan: list[Stage], seed: int) -> None:
    """Every arrival lies within the run and none before the one before it."""
    times = list(poisson(plan, random.Random(seed)))
    assert times == sorted(times)
    assert all(0 <= at < sum(stage.seconds for stage in plan) for at in times)


@given(stages, st.integers())
def test_the_same_seed_gives_the_same_arrivals(plan: list[Stage], seed: int) -> None:
    """A run is replayed by its seed."""
    assert list(poisson(plan, random.Random(seed))) == list(poisson(plan, random.Random(seed)))


@pytest.mark.parametrize("seed", range(5))
def test_each_stage_gets_its_own_rate(seed: int) -> None:
    """Each stage's arrivals are a Poisson count of its rate, within five deviations."""
    plan = [Stage(50, 20.0), Stage(10, 0.0), Stage(50, 100.0)]
    times = list(poisson(plan, random.Random(seed)))
    first, second = sum(at < 50 for at in times), sum(at >= 60 for at in times)
    assert abs(first - 1000) < 5 * 1000**0.5
    assert abs(second - 5000) < 5 * 5000**0.5
    assert first + second == len(times)


def test_arrivals_are_irregular_as_poisson_is() -> None:
    """Gaps scatter as much as they are long; an even pace would hide throttles."""
    times = list(poisson([Stage(200, 20.0)], random.Random(1)))
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation / mean == pytest.approx(1.0, abs=0.1)


@given(stages, st.floats(0.2, 2.0))
def test_bins_hold_all_of_the_offered_events(plan: list[Stage], width: float) -> None:
    """The bins' rates times their widths add up to the stages' events."""
    total = sum(stage.seconds for stage in plan)
    widths = [min(width, total - width * n) for n in range(len(rate_per_bin(plan, width)))]
    offered = sum(rate * w for rate, w in zip(rate_per_bin(plan, width), widths, strict=True))
    assert offered == pytest.approx(sum(s.seconds * s.rate for s in plan), rel=1e-6, abs=1e-6)
