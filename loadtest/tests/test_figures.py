from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest import figures
from loadtest.classify import Outcome
from loadtest.ledger import Attempt, Run
from loadtest.orders import Invocation, Kind
from loadtest.shapes import Stage
from loadtest.telemetry import SlotTime

RUN = Run("r", "smoke", 1, 10.0, 2.0, (Stage(2.0, 10.0),), "f", "production", 1, 100.0)
SLOT = SlotTime(mean=0.1, error=0.01, samples=50, source="logs")


def attempt(
    at: float, outcome: Outcome, took: float = 0.1, lag: float = 0.0, kind: Invocation = "sync"
) -> Attempt:
    """Return an attempt due `at` seconds into the run."""
    due = 100.0 + at
    reason = "Reserved" if outcome == "throttled" else None
    return Attempt(
        "a", "order", kind, due, due + lag, due + took, outcome, reason, 200, "1", None, None
    )


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_a_percentile_is_a_value_with_enough_at_or_below_it(
    values: list[float], share: float
) -> None:
    """Nearest rank: at least the share of values lies at or below it."""
    found = figures.percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_no_values_have_no_percentile() -> None:
    """Unknown is not zero."""
    assert figures.percentile([], 0.5) is None


def test_latency_counts_from_the_intended_time_and_of_served_alone() -> None:
    """Time spent waiting to be sent is the caller's wait; refusals are fast and would flatter."""
    attempts = [attempt(0, "confirmed", took=0.5, lag=0.4), attempt(0, "throttled", took=0.001)]
    assert figures.latency(attempts)["p50"] == pytest.approx(500)
    assert figures.send_lag_p99_ms(attempts) == pytest.approx(400)


def test_only_synchronous_attempts_are_in_the_throttle_share() -> None:
    """An asynchronous invocation is never refused to its caller."""
    attempts = [
        attempt(0.1, "confirmed"),
        attempt(0.2, "throttled"),
        attempt(1.1, "throttled"),
        attempt(1.2, "accepted", kind="async"),
        attempt(1.3, "rejected"),
    ]
    found = figures.throttle(RUN, attempts, figures.seconds(RUN, attempts), SLOT)
    assert (found["attempts"], found["throttled"], found["share"]) == (4, 2, 0.5)
    assert found["byReason"] == {"Reserved": 2}
    assert found["gap"] == pytest.approx(0.5 - found["predictedShare"])
    low, high = found["predictedInterval"]
    assert low < found["predictedShare"] < high


def test_the_prediction_is_erlangs() -> None:
    """Ten a second for a tenth of a second on one slot: half are refused."""
    attempts = [attempt(0.1, "confirmed"), attempt(0.2, "throttled")]
    found = figures.throttle(RUN, attempts, figures.seconds(RUN, attempts), SLOT)
    assert found["predictedShare"] == pytest.approx(0.5)


def test_without_a_slot_time_nothing_is_predicted() -> None:
    """An unknown prediction is said to be unknown."""
    attempts = [attempt(0.1, "confirmed")]
    bins = figures.seconds(RUN, attempts)
    assert figures.throttle(RUN, attempts, bins, None)["predictedShare"] is None
    assert figures.series(bins, None)[0]["predictedShare"] is None


def test_the_series_holds_every_attempt_once() -> None:
    """One point per second of the run, also where nothing came."""
    attempts = [attempt(0.5, "confirmed"), attempt(0.6, "throttled"), attempt(0.7, "functionError")]
    points = figures.series(figures.seconds(RUN, attempts), [0.1, 0.2])
    assert [point["offered"] for point in points] == [3, 0]
    assert (points[0]["served"], points[0]["throttled"]) == (1, 1)
    assert points[1]["p99"] is None


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("order", "confirmed", False),
        ("order", "rejected", True),
        ("invalid", "rejected", False),
        ("invalid", "confirmed", True),
        ("repeat", "confirmed", False),
        ("order", "throttled", False),
        ("order", "accepted", False),
        ("order", "functionError", True),
        ("repeat", "transportError", True),
    ],
)
def test_a_wrong_answer_is_an_error_as_well(kind: Kind, outcome: Outcome, expected: bool) -> None:
    """A valid order refused or an invalid one taken is no better than no answer."""
    assert figures.erroneous(replace(attempt(0, outcome), kind=kind)) is expected
