"""The queue of asynchronous events over time: as measured, and by a fluid-queue approximation.

Prediction: while events come faster than the concurrency that synchronous ones leave can take,
the queue grows by the difference; afterwards it shrinks by it. Lambda's own pauses after throttles
come on top, so that the prediction is the least that can be.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from load.model import erlang
from load.model.arrivals import peak_end, rate_per_bin
from load.model.quantiles import Z95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from load.report.telemetry import SlotTime
    from load.run_log.log import Run

WIDTH: Final = 0.1
_MOST: Final = 1_000_000


@dataclass(slots=True)
class Flow:
    """Asynchronous events by the second in which they were accepted and confirmed.

    One that was never confirmed left the queue at a time nobody knows, and is not in it here.
    """

    started_at: float
    accepted: Counter[int] = field(default_factory=Counter)
    confirmed: Counter[int] = field(default_factory=Counter)

    def see(self, accepted_at: float, confirmed_at: float | None) -> None:
        """Count one event."""
        if confirmed_at is not None:
            self.accepted[max(0, int(accepted_at - self.started_at))] += 1
            self.confirmed[max(0, int(confirmed_at - self.started_at))] += 1

    def queued(self) -> list[int]:
        """Return how many were accepted and not confirmed at the end of each second."""
        last = max([*self.accepted, *self.confirmed], default=-1)
        queued, found = 0, []
        for second in range(last + 1):
            queued += self.accepted[second] - self.confirmed[second]
            found.append(max(0, queued))
        return found


def drain_seconds(queued: Sequence[float], width: float, zero: float, left: float) -> float:
    """Return how long after `zero` the queue is down to `left` for the first time.

    A queue that never is has drained at its end: there it is empty.
    """
    first = math.ceil(zero / width)
    for at in range(first, len(queued)):
        if queued[at] <= left:
            return max(0.0, (at + 1) * width - zero) if at > first else 0.0
    return max(0.0, len(queued) * width - zero)


def predicted(run: Run, asynchronous: float, slot_seconds: float) -> list[float]:
    """Return the predicted queue every tenth of a second, until it is empty after the last stage.

    `asynchronous` is the share of arrivals.
    """
    rates = rate_per_bin(run.stages, WIDTH)
    queue, course = 0.0, []
    for rate in rates:
        grows = rate * asynchronous - _left(run, rate, asynchronous, slot_seconds)
        queue = max(0.0, queue + grows * WIDTH)
        course.append(queue)
    shrinks = _left(run, 0.0, asynchronous, slot_seconds) * WIDTH
    while queue > 0 and shrinks > 0 and len(course) < _MOST:
        queue = max(0.0, queue - shrinks)
        course.append(queue)
    return course


def _left(run: Run, rate: float, asynchronous: float, slot_seconds: float) -> float:
    """Return how many events a second fit into the concurrency that synchronous ones leave."""
    if slot_seconds <= 0:
        return float("inf")
    offered = rate * (1 - asynchronous) * slot_seconds
    busy = offered * (1 - erlang.erlang_b(offered, run.concurrency))
    return max(0.0, run.concurrency - busy) / slot_seconds


def figures(run: Run, flow: Flow, asynchronous: float, slot: SlotTime | None) -> dict[str, Any]:
    """Return backlog and drain time, measured and predicted.

    The drain is in seconds from the end of the peak, or of the run where that is its end, until no
    more events are under way than can run at a time; None without asynchronous events.
    """
    queued = flow.queued()
    ended = peak_end(run.stages)
    zero = sum(stage.seconds for stage in run.stages) if ended is None else ended
    found: dict[str, Any] = {
        "queued": queued,
        "peak": max(queued, default=0),
        "drainSeconds": drain_seconds(queued, 1.0, zero, run.concurrency) if queued else None,
        "predicted": None,
        "predictedPeak": None,
        "predictedPeakInterval": None,
        "predictedDrainSeconds": None,
        "predictedDrainInterval": None,
    }
    if slot is None or not queued:
        return found
    low, middle, high = (
        predicted(run, asynchronous, max(0.0, slot.mean + step * Z95 * slot.error))
        for step in (-1, 0, 1)
    )
    drains = [drain_seconds(course, WIDTH, zero, 0.0) for course in (low, middle, high)]
    return found | {
        "predicted": [
            round(value, 1) for value in middle[round(1 / WIDTH) - 1 :: round(1 / WIDTH)]
        ],
        "predictedPeak": max(middle),
        "predictedPeakInterval": [max(low), max(high)],
        "predictedDrainSeconds": drains[1],
        "predictedDrainInterval": [drains[0], drains[2]],
    }
