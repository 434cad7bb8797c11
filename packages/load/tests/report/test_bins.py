"""The plots' bins, the peak's end, and the spread of latencies."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.arrivals import Stage, peak_end
from load.report.bins import band, bins, width
from load.report.spread import spread
from load.run_log.classify import Outcome
from load.tests.report.sample import second, summary
from load.tests.report.test_figures import attempt

COUNTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=400)


@given(COUNTS, st.integers(1, 60))
def test_binning_loses_no_attempt(counts: list[tuple[int, int]], most: int) -> None:
    """The bins' rates times their width are the run's totals, in at most as many as asked for."""
    series = [second(n, a, min(a, t)) for n, (a, t) in enumerate(counts)]
    found = bins(summary(series=series), most)
    assert len(found) <= most
    wide = width(series, most)
    sizes = [len(series[start : start + wide]) for start in range(0, len(series), wide)]
    for name in ("offered", "attempts", "served", "throttled"):
        total = sum(getattr(b, name) * size for b, size in zip(found, sizes, strict=True))
        assert total == pytest.approx(sum(point[name] for point in series))


@given(st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 2))
def test_the_band_is_finite_and_narrows(share: float, attempts: float, error: float) -> None:
    """More attempts scatter less; the prediction's own error stays."""
    half = band(share, attempts, error)
    assert math.isfinite(half)
    assert share * error - 1e-9 <= band(share, attempts * 4 + 1, error) <= half + 1e-9


def test_without_a_prediction_there_is_no_band() -> None:
    """An unknown prediction is not drawn as zero."""
    throttle = summary()["throttle"] | {"predictedShare": None, "predictedInterval": None}
    series = [second(0, predictedShare=None, p50=None, p99=None)]
    (found,) = bins(summary(series=series, throttle=throttle))
    assert (found.predicted, found.low, found.high, found.p50, found.p99) == (None,) * 5


@pytest.mark.parametrize(
    ("rates", "end"),
    [
        ([1, 5, 1], 2.0),
        ([1, 10, 9.5, 2], 3.0),
        ([5, 1, 5, 1], 3.0),
        ([5], None),
        ([1, 5], None),
        ([], None),
    ],
)
def test_the_peak_ends_with_its_last_busy_stage(rates: list[float], end: float | None) -> None:
    """A plateau counts as one peak; a run that ends at its peak has no time after it."""
    assert peak_end([Stage(1.0, rate) for rate in rates]) == end


@given(st.lists(st.floats(1e-6, 100), max_size=60))
def test_the_spread_has_all_that_was_served(took: list[float]) -> None:
    """Shares add up to one, and neighbouring bins follow each other without a hole."""
    found = spread(attempt(0, "confirmed", took=seconds) for seconds in took)
    assert found.served == found.attempts == len(took)
    assert sum(share for _, share in found.bins) == pytest.approx(1 if took else 0)
    logs = [math.log10(middle) for middle, _ in found.bins]
    assert all(b - a == pytest.approx(1 / 20) for a, b in pairwise(logs))


@pytest.mark.parametrize(
    ("outcome", "served", "erroneous"),
    [("confirmed", 1, 0), ("throttled", 0, 0), ("functionError", 0, 1), ("accepted", 0, 0)],
)
def test_only_served_attempts_have_a_latency(outcome: Outcome, served: int, erroneous: int) -> None:
    """Refusals are fast and would flatter; errors are counted apart."""
    found = spread([attempt(0, outcome)])
    assert (found.served, found.erroneous) == (served, erroneous)


def test_nothing_sent_has_no_error_share() -> None:
    """Unknown is not zero."""
    assert spread([]).error_share is None
