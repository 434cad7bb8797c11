"""A run against its baseline."""

import math
import random
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.report.baseline.compare import POINTS, compare, interval

TIMES = st.floats(0.1, 10_000)
SHARES = st.floats(0, 1)


def run(time: float = 100.0, share: float = 0.2, **figures: float | None) -> dict[str, Any]:
    """Return a record with these figures."""
    known = dict.fromkeys(("p50", "p95", "p99", "slotTime"), time)
    shares = {"throttleShare": share, "throttleGap": 0.0}
    return {
        "runId": "r",
        "machine": "m",
        "artifact": "a",
        "figures": {**known, **shares, **figures},
    }


def row(comparison: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one figure's row."""
    return next(row for row in comparison["rows"] if row["name"] == name)


@given(st.lists(TIMES, min_size=2, max_size=5), TIMES)
def test_the_ratio_lies_in_its_interval(stored: list[float], new: float) -> None:
    """Ratio and interval are positive, whatever the scatter."""
    found = row(compare(run(new), [run(time) for time in stored]), "p99")
    assert 0 <= found["low"] <= found["change"] * (1 + 1e-9)
    assert found["change"] <= found["high"] * (1 + 1e-9)
    assert found["change"] == pytest.approx(new / statistics.geometric_mean(stored))


@given(st.lists(TIMES, min_size=1, max_size=5), TIMES, st.floats(0.01, 100))
def test_the_unit_does_not_matter(stored: list[float], new: float, unit: float) -> None:
    """A ratio stays the same when all times are given in another unit."""
    one = row(compare(run(new), [run(time) for time in stored]), "p50")
    other = row(compare(run(new * unit), [run(time * unit) for time in stored]), "p50")
    assert one["change"] == pytest.approx(other["change"])


def test_the_interval_is_student_s() -> None:
    """Five runs 1 to 5, a sixth at 3: 2.776 standard deviations of a further value to each side."""
    low, high = interval(0.0, [1.0, 2.0, 3.0, 4.0, 5.0])
    half = 2.776 * math.sqrt(2.5) * math.sqrt(1 + 1 / 5)
    assert low == pytest.approx(-half)
    assert high == pytest.approx(half)


def test_the_interval_covers() -> None:
    """Of runs that scatter alike, about one in twenty lies outside."""
    rng = random.Random(7)
    outside = 0
    for _ in range(2000):
        known = [rng.gauss(0, 1) for _ in range(5)]
        low, high = interval(rng.gauss(0, 1) - statistics.fmean(known), known)
        assert low is not None
        assert high is not None
        outside += not low <= 0 <= high
    assert 0.035 < outside / 2000 < 0.065


def test_slower_beyond_the_limit_is_worse() -> None:
    """A time that grew beyond the ratio and beyond the scatter is named; others are not."""
    stored = [run(time) for time in (98, 99, 100, 101, 102)]
    found = compare(run(100.0, p99=140.0), stored)
    assert found["worse"] == ["p99"]
    assert compare(run(100.0, p99=140.0), stored, ratio=1.5)["worse"] == []


def test_scatter_is_not_called_worse() -> None:
    """A ratio beyond the limit means nothing where the runs differ as much among themselves."""
    stored = [run(time) for time in (50, 80, 100, 130, 200)]
    assert compare(run(150.0), stored)["worse"] == []


def test_one_run_has_no_interval() -> None:
    """With one earlier run there is a ratio, no interval, and so nothing to call worse."""
    found = compare(run(300.0), [run(100.0)])
    assert row(found, "p50")["change"] == pytest.approx(3)
    assert row(found, "p50")["low"] is None
    assert found["worse"] == []


def test_shares_are_compared_by_difference() -> None:
    """A share of zero has no ratio."""
    stored = [run(share=share) for share in (0.0, 0.0, 0.01)]
    found = compare(run(share=0.2), stored)
    assert row(found, "throttleShare")["kind"] == "difference"
    assert row(found, "throttleShare")["change"] > POINTS
    assert found["worse"] == ["throttleShare"]


def test_what_was_not_measured_is_left_out() -> None:
    """No row without both sides; no runs, no rows."""
    found = compare(run(slotTime=None), [run(), run(p99=None)])
    assert "slotTime" not in [row["name"] for row in found["rows"]]
    assert row(found, "p99")["low"] is None
    assert compare(run(), [])["rows"] == []


def test_other_machines_and_artifacts_are_counted() -> None:
    """A reader sees that not all runs were made alike."""
    stored = [run() | {"machine": "other"}, run() | {"artifact": "b"}, run()]
    found = compare(run(), stored)
    assert (found["otherMachines"], found["otherArtifacts"], found["runs"]) == (1, 1, 3)
