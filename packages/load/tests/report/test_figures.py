from dataclasses import replace

import pytest

from load.model.arrivals import Stage
from load.model.retries import ONCE, Retries
from load.report import figures, prediction
from load.report.prediction import Predictions
from load.report.telemetry import SlotTime
from load.run_log.classify import Outcome
from load.run_log.log import Attempt, Invocation, Kind, Run

RUN = Run(
    "r",
    "smoke",
    1,
    10.0,
    2.0,
    (Stage(2.0, 10.0),),
    ONCE,
    "local",
    "order_processor",
    "f",
    "production",
    1,
    100.0,
)
SLOT = SlotTime(mean=0.1, error=0.01, samples=50, source="logs")


def attempt(
    at: float, outcome: Outcome, took: float = 0.1, lag: float = 0.0, kind: Invocation = "sync"
) -> Attempt:
    """Return an attempt due `at` seconds into the run."""
    due = 100.0 + at
    reason = "Reserved" if outcome == "throttled" else None
    return Attempt(
        "a", "new", kind, due, due + lag, due + took, outcome, reason, 200, "1", None, None
    )


def test_latency_counts_from_the_intended_time_and_of_served_alone() -> None:
    """Time spent waiting to be sent is the caller's wait; refusals are fast and would flatter."""
    attempts = [attempt(0, "confirmed", took=0.5, lag=0.4), attempt(0, "throttled", took=0.001)]
    counted = figures.tally(RUN, attempts)
    assert figures.percentiles(counted.latencies)["p50"] == pytest.approx(500)
    assert figures.send_lag(counted, 7)["p99"] == pytest.approx(400)
    assert figures.send_lag(counted, 7)["backlog"] == 7


def test_only_synchronous_attempts_are_in_the_throttle_share() -> None:
    """An asynchronous invocation is never refused to its caller."""
    counted = figures.tally(
        RUN,
        [
            attempt(0.1, "confirmed"),
            attempt(0.2, "throttled"),
            attempt(1.1, "throttled"),
            attempt(1.2, "accepted", kind="async"),
            attempt(1.3, "rejected"),
        ],
    )
    found = prediction.throttle(counted, Predictions(RUN, counted, ONCE, SLOT))
    assert (found["attempts"], found["throttled"], found["share"]) == (4, 2, 0.5)
    assert found["byReason"] == {"Reserved": 2}
    assert found["gap"] == pytest.approx(0.5 - found["predictedShare"])
    low, high = found["predictedInterval"]
    assert low < found["predictedShare"] < high


def test_the_prediction_is_erlangs() -> None:
    """Ten a second for a tenth of a second on one slot: half are refused, in every stage."""
    counted = figures.tally(RUN, [attempt(0.1, "confirmed"), attempt(0.2, "throttled")])
    expected = Predictions(RUN, counted, ONCE, SLOT)
    assert prediction.throttle(counted, expected)["predictedShare"] == pytest.approx(0.5)
    (stage,) = prediction.stages(RUN, counted, expected)
    assert stage["predictedShare"] == pytest.approx(0.5)
    assert (stage["from"], stage["to"], stage["share"]) == (0.0, 2.0, 0.5)


def test_stages_hold_every_attempt_once() -> None:
    """Whole seconds of stages that end within one are given to one of them."""
    plan = (Stage(1.4, 5.0), Stage(1.2, 20.0), Stage(1.4, 5.0))
    run = replace(RUN, stages=plan, duration=4.0)
    counted = figures.tally(run, [attempt(n / 10, "throttled") for n in range(40)])
    found = prediction.stages(run, counted, None)
    assert sum(stage["attempts"] for stage in found) == 40
    assert [stage["predictedShare"] for stage in found] == [None] * 3


def test_without_a_slot_time_nothing_is_predicted() -> None:
    """An unknown prediction is said to be unknown."""
    counted = figures.tally(RUN, [attempt(0.1, "confirmed")])
    assert prediction.throttle(counted, None)["predictedShare"] is None
    assert figures.series(counted, None)[0]["predictedShare"] is None
    assert prediction.recovery_seconds(SPIKE, counted, None) is None


def test_the_series_holds_every_attempt_once() -> None:
    """One point per second of the run, also where nothing came."""
    attempts = [attempt(0.5, "confirmed"), attempt(0.6, "throttled"), attempt(0.7, "functionError")]
    points = figures.series(figures.tally(RUN, attempts), [0.1, 0.2])
    assert [point["offered"] for point in points] == [3, 0]
    assert (points[0]["served"], points[0]["throttled"]) == (1, 1)
    assert points[1]["p99"] is None


SPIKE = replace(RUN, stages=(Stage(10, 5.0), Stage(5, 50.0), Stage(15, 5.0)), duration=30.0)


@pytest.mark.parametrize(("until", "expected"), [(15, 0.0), (19, 4.0), (30, 15.0)])
def test_recovery_ends_when_throttles_are_those_of_the_load(until: int, expected: float) -> None:
    """Throttles that outlast the peak count until they are no more than theory explains."""
    attempts = [
        attempt(second + n / 20, "throttled" if 10 <= second < until else "confirmed")
        for second in range(30)
        for n in range(20)
    ]
    counted = figures.tally(SPIKE, attempts)
    assert prediction.recovery_seconds(SPIKE, counted, [0.0] * 30) == pytest.approx(expected)


def test_a_run_that_ends_in_its_peak_has_no_recovery() -> None:
    """There is no time after it."""
    counted = figures.tally(RUN, [attempt(0.1, "throttled")])
    assert prediction.recovery_seconds(RUN, counted, [0.0, 0.0]) is None


def test_a_later_try_is_an_attempt_of_its_own_and_the_event_waits_from_the_start() -> None:
    """Retries load the function when they are made; the caller's wait counts from the first."""
    first = attempt(0.1, "throttled", took=0.01)
    second = replace(attempt(0.1, "confirmed", took=1.2), due_at=101.2, sent_at=101.25, tried=2)
    counted = figures.tally(RUN, [first, second])
    found = prediction.throttle(counted, None)
    assert (found["attempts"], found["share"], found["firstTryShare"]) == (2, 0.5, 1.0)
    assert found["attemptsByTry"] == {"1": 1, "2": 1}
    assert [second.attempts for second in counted.seconds] == [1, 1]
    assert figures.percentiles(counted.confirmations)["p50"] == pytest.approx(1200)
    assert figures.send_lag(counted, 0)["max"] == pytest.approx(50)


def test_retries_are_predicted_to_add_load() -> None:
    """Who comes back meets, and makes, more refusals than who does not."""
    counted = figures.tally(RUN, [attempt(0.1, "confirmed")])
    plan = replace(RUN, stages=(Stage(20.0, 10.0),), duration=20.0)
    once = Predictions(plan, counted, ONCE, SLOT).over()[0]
    again = Predictions(plan, counted, Retries(4, 0.2, 2.0), SLOT).over()[0]
    assert once == pytest.approx(0.5)
    assert once + 0.1 < again < 1


@pytest.mark.parametrize(
    ("kind", "outcome", "expected"),
    [
        ("new", "confirmed", False),
        ("new", "rejected", True),
        ("invalid", "rejected", False),
        ("invalid", "confirmed", True),
        ("repeat", "confirmed", False),
        ("new", "throttled", False),
        ("new", "accepted", False),
        ("new", "functionError", True),
        ("repeat", "transportError", True),
        ("new", "unanswered", True),
    ],
)
def test_a_wrong_answer_is_an_error_as_well(kind: Kind, outcome: Outcome, expected: bool) -> None:
    """A valid event refused or an invalid one taken is no better than no answer."""
    assert figures.erroneous(replace(attempt(0, outcome), kind=kind)) is expected
