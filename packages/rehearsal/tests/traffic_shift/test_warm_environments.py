"""What warm environments would refuse of a load, and how its attempts are read."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from load.model.erlang import erlang_b
from load.run_log import log

from rehearsal.traffic_shift.attempts import Attempt, read
from rehearsal.traffic_shift.warm_environments import WarmTimes, expected_refusals, warm_times

if TYPE_CHECKING:
    from pathlib import Path


def event(at: float, seconds: float = 0.08, *, refused: bool = False) -> Attempt:
    """A synchronous event."""
    return Attempt(at, seconds, "new", direct=True, refused=refused)


def poisson(rate: float, seconds: float, seed: int = 1) -> list[Attempt]:
    """Events at random moments."""
    rng = random.Random(seed)
    at, made = 0.0, []
    while (at := at + rng.expovariate(rate)) < seconds:
        made.append(event(at))
    return made


@pytest.mark.parametrize("rate", [20, 50, 80])
def test_over_a_long_load_it_is_erlangs_formula(rate: float) -> None:
    """Arrivals at random, five slots of 80 ms."""
    attempts = poisson(rate, 400)
    share = sum(expected_refusals(attempts, 5)) / len(attempts)
    assert share == pytest.approx(erlang_b(rate * 0.08, 5), abs=0.02)


def test_a_burst_is_expected_where_it_came() -> None:
    """Seven at once find five slots; the next ones, later, find them free again."""
    attempts = [event(1.0 + n / 1000) for n in range(7)] + [event(2.0 + n) for n in range(5)]
    assert expected_refusals(attempts, 5) == [0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_cold_starts_do_not_lengthen_the_warm_time() -> None:
    """What a shift itself made slow is not to excuse what it had refused."""
    attempts = [event(n) for n in range(50)] + [event(60 + n, 2.0) for n in range(10)]
    assert set(warm_times(attempts)["new"].seconds) == {0.08}


def test_what_was_refused_has_no_service_time() -> None:
    """A refusal is answered at once and says nothing of how long a slot is busy."""
    attempts = [event(1.0), event(2.0, 0.002, refused=True)]
    assert warm_times(attempts) == {"new": WarmTimes([1.0], [0.08])}


def test_a_machine_that_is_slow_for_a_while_is_no_shift() -> None:
    """Where warm invocations take twice as long, more is expected to be refused, and only there."""
    attempts = [event(each.at, 0.14 if 100 <= each.at < 200 else 0.08) for each in poisson(50, 300)]
    expected = expected_refusals(attempts, 5)
    shares = [
        sum(chance for attempt, chance in part) / len(part)
        for begin in (0, 100, 200)
        if (
            part := [
                pair for pair in zip(attempts, expected, strict=True)
                if begin <= pair[0].at < begin + 100
            ]
        )
    ]  # fmt: skip
    slow, fast = erlang_b(50 * 0.14, 5), erlang_b(50 * 0.08, 5)
    assert shares == pytest.approx([fast, slow, fast], abs=0.03)


def test_it_is_replayable() -> None:
    """The same attempts have the same expectation."""
    rng = random.Random(2)
    attempts = [event(each.at, rng.uniform(0.06, 0.1)) for each in poisson(70, 20)]
    assert expected_refusals(attempts, 5) == expected_refusals(attempts, 5)


def test_attempts_are_read_from_the_run_log_in_order_of_time(tmp_path: Path) -> None:
    """Sorted by when they were sent, with what came of each."""
    made = log.RunLog(tmp_path)
    late = log.Attempt("e", "new", "sync", 2.0, 2.0, 2.5, "throttled", None, 429, None, None, None)
    early = log.Attempt(
        "e", "repeat", "async", 1.0, 1.0, 1.25, "accepted", None, 202, None, None, None
    )
    for each in (late, early):
        made.done(each)
    made.close()
    assert read(tmp_path) == [
        Attempt(1.0, 0.25, "repeat", direct=False, refused=False),
        Attempt(2.0, 0.5, "new", direct=True, refused=True),
    ]
