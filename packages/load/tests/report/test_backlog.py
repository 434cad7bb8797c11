import pytest

from load.model.arrivals import Stage, peak_end
from load.model.retries import ONCE
from load.report import backlog
from load.report.backlog import Flow, drain_seconds, predicted
from load.report.telemetry import SlotTime
from load.run_log.log import Run


def run(*stages: Stage, concurrency: int = 2) -> Run:
    """Return a run of some stages."""
    seconds = sum(stage.seconds for stage in stages)
    return Run(
        "r",
        "peak_hour_async",
        1,
        10.0,
        seconds,
        stages,
        ONCE,
        "local",
        "order_processor",
        "f",
        "p",
        concurrency,
        100.0,
    )


def test_what_cannot_be_taken_queues_and_drains_at_what_is_left() -> None:
    """Two at a time, 0.1 s each, are 20 a second: 30 come for 10 s, so 100 wait, then 10 s long."""
    course = predicted(run(Stage(10, 30.0), Stage(20, 10.0)), 1.0, 0.1)
    assert max(course) == pytest.approx(100, abs=2)
    assert drain_seconds(course, backlog.WIDTH, 10.0, 0.0) == pytest.approx(10, abs=0.3)


def test_a_queue_left_at_the_end_drains_with_all_slots() -> None:
    """Nothing comes any more: a hundred events at twenty a second."""
    course = predicted(run(Stage(10, 30.0)), 1.0, 0.1)
    assert drain_seconds(course, backlog.WIDTH, 10.0, 0.0) == pytest.approx(5, abs=0.3)


def test_synchronous_events_take_slots_from_the_queue() -> None:
    """With half of the load waiting for its answers there is less left for the rest."""
    alone = max(predicted(run(Stage(10, 15.0)), 1.0, 0.1))
    beside = max(predicted(run(Stage(10, 30.0)), 0.5, 0.1))
    assert alone == 0
    assert beside > 10


def test_the_measured_queue_is_what_was_accepted_and_not_yet_confirmed() -> None:
    """By the second; an event that was never confirmed is not in it."""
    flow = Flow(100.0)
    for at in (100.1, 100.2, 101.3):
        flow.see(at, 103.5)
    flow.see(100.3, None)
    assert flow.queued() == [2, 3, 3, 0]


def test_measured_and_predicted_drain_count_from_the_end_of_the_peak() -> None:
    """The first second in which no more are under way than can run at a time."""
    flow = Flow(100.0)
    for number in range(40):
        flow.see(100 + number / 10, 100.5 + number / 4)
    plan = run(Stage(4, 10.0), Stage(10, 1.0))
    found = backlog.figures(plan, flow, 1.0, SlotTime(0.4, 0.01, 40, "logs"))
    assert found["peak"] == 26
    assert found["drainSeconds"] == 6.0
    low, high = found["predictedDrainInterval"]
    assert low < found["predictedDrainSeconds"] < high
    assert found["predictedDrainSeconds"] == pytest.approx(20 / 4, abs=0.4)


def test_without_asynchronous_events_there_is_no_backlog() -> None:
    """Nothing drains that never queued."""
    found = backlog.figures(run(Stage(4, 10.0)), Flow(0.0), 0.0, None)
    assert found["drainSeconds"] is None
    assert found["peak"] == 0


def test_the_peak_ends_with_the_last_busy_stage() -> None:
    """Stages of nearly the highest rate belong to it; a run may end with it."""
    assert peak_end([Stage(5, 1.0), Stage(5, 9.5), Stage(5, 10.0), Stage(5, 5.0)]) == 15.0
    assert peak_end([Stage(5, 10.0)]) is None
