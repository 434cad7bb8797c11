"""Measured against predicted throttle share, on slots whose time is simulated: no machine in it."""

import heapq
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from load.report import figures, prediction
from load.report.prediction import Predictions
from load.report.telemetry import SlotTime
from load.run_log.log import Attempt, Run
from load.scenarios import Scenario
from load.send.events import Source, planned
from load.tests.running import PROBES
from loadtest.scenarios import LOAD_TESTS

if TYPE_CHECKING:
    from load.run_log.classify import Outcome

CONCURRENCY = 5
REFUSED_AFTER = 0.002
AGAIN_AFTER = 0.5


class Function:
    """Slots that are held for a drawn time, and ten synchronous requests a second for each."""

    def __init__(self, mean: float, rng: random.Random) -> None:
        self._mean, self._rng = mean, rng
        self._busy: list[float] = []
        self._left, self._since = 10.0 * CONCURRENCY, 0.0

    def take(self, at: float, *, asynchronous: bool) -> float | None:
        """Return how long a request at `at` is served, or None where it is refused."""
        while self._busy and self._busy[0] <= at:
            heapq.heappop(self._busy)
        if len(self._busy) >= CONCURRENCY or (not asynchronous and not self._grants(at)):
            return None
        took = self._mean / 2 + self._rng.expovariate(2 / self._mean)
        heapq.heappush(self._busy, at + took)
        return took

    def _grants(self, at: float) -> bool:
        most = 10.0 * CONCURRENCY
        self._left, self._since = min(most, self._left + (at - self._since) * most), at
        granted = self._left >= 1
        self._left -= granted
        return granted


def attempts(plan: Scenario, seed: int, mean: float, start: float) -> Iterator[Attempt]:
    """Yield what a whole run would have in its run log."""
    rng = random.Random(seed)
    function = Function(mean, rng)
    due = [
        (event.offset, number, event.offset, 1, event.invocation, event.kind)
        for number, event in enumerate(planned(plan, Source(PROBES, seed, "r", start)))
    ]
    heapq.heapify(due)
    while due:
        at, number, intended, tried, invocation, kind = heapq.heappop(due)
        asynchronous = invocation == "async"
        took = function.take(at, asynchronous=asynchronous)
        if asynchronous and took is None:
            # Lambda's own queue tries it again; the caller was told "accepted" at its first try.
            heapq.heappush(due, (at + AGAIN_AFTER, number, intended, tried + 1, invocation, kind))
        elif not asynchronous and took is None and tried < plan.retries.tries:
            wait = plan.retries.wait(tried, rng.random())
            heapq.heappush(
                due, (at + REFUSED_AFTER + wait, number, intended, tried + 1, invocation, kind)
            )
        if not asynchronous or tried == 1:
            done = start + at + (REFUSED_AFTER if took is None else took)
            answer: Outcome = "confirmed" if took is not None else "throttled"
            outcome: Outcome = "accepted" if asynchronous else answer
            yield Attempt(
                str(number), kind, invocation, start + intended, start + at, done, outcome, None,
                200, "1", None, None, start + at, tried,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "peak", "mean", "least"),
    [
        ("peak_hour", 60, 0.12, 0.2),
        ("peak_hour", 90, 0.02, 0.1),
        ("spike", 120, 0.1, 0.2),
        ("spike", 160, 0.03, 0.2),
        ("average", 60, 0.1, 0.05),
        ("peak_hour_retries", 40, 0.1, 0.1),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_measured_throttle_share_is_the_predicted_one(
    name: str, peak: float, mean: float, least: float, seed: int
) -> None:
    """For slots too few and for requests too many a second, in calm and in a peak, with retries.

    Within four standard errors and two points of model; division of rate by slots would be far off.
    """
    plan = LOAD_TESTS.scenario(name, peak, 60.0)
    run = Run(
        "r",
        name,
        seed,
        peak,
        60.0,
        plan.stages(),
        plan.retries,
        "local",
        "order_processor",
        "f",
        "production",
        CONCURRENCY,
        1_000.0,
    )
    counted = figures.tally(run, attempts(plan, seed, mean, 1_000.0))
    slot = SlotTime(mean, 0.0, 1_000, "logs")
    found = prediction.throttle(counted, Predictions(run, counted, plan.retries, slot))
    low, high = found["shareInterval"]
    error = (high - low) / 2 / 1.96
    assert found["predictedShare"] > least
    assert abs(found["gap"]) < 4 * error + 0.02
