"""The queue of asynchronous orders over time: as measured, and as a fluid would have it.

Prediction: while orders come faster than the slots that synchronous ones leave can take, the queue
grows by the difference; afterwards it shrinks by it. Lambda's own pauses after throttles come on
top, so that the prediction is the least that can be.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from loadtest import erlang
from loadtest.arrivals import rate_per_bin

if TYPE_CHECKING:
    from loadtest.ledger import Run
    from loadtest.telemetry import SlotTime

Z95: Final = 1.96
_WIDTH: Final = 0.1
_LONGEST: Final = 86_400.0


@dataclass(slots=True)
class Flow:
    """Asynchronous orders by the second in which they were accepted and confirmed."""

    started_at: float
    accepted: Counter[int] = field(default_factory=Counter)
    confirmed: Counter[int] = field(default_factory=Counter)
    last: float | None = None

    def see(self, accepted_at: float, confirmed_at: float | None) -> None:
        """Count one order; None when it was never confirmed, or nobody knows when."""
        self.accepted[max(0, int(accepted_at - self.started_at))] += 1
        if confirmed_at is not None:
            self.confirmed[max(0, int(confirmed_at - self.started_at))] += 1
            self.last = max(self.last or 0.0, confirmed_at - self.started_at)

    def queued(self) -> list[int]:
        """Return how many were accepted and not confirmed at the end of each second."""
        last = max([*self.accepted, *self.confirmed], default=-1)
        queued, found = 0, []
        for second in range(last + 1):
            queued += self.accepted[second] - self.confirmed[second]
            found.append(max(0, queued))
        return found


def predicted(run: Run, asynchronous: float, slot_seconds: float) -> tuple[list[float], float]:
    """Return the predicted queue at the end of each second, and the seconds it takes to drain.

    `asynchronous` is the share of arrivals; the drain counts from the end of the last stage.
    """
    rates = rate_per_bin(run.stages, _WIDTH)
    queue, course = 0.0, []
    for rate in rates:
        queue = max(
            0.0,
            queue + (rate * asynchronous - _left(run, rate, asynchronous, slot_seconds)) * _WIDTH,
        )
        course.append(queue)
    per = round(1 / _WIDTH)
    seconds = course[per - 1 :: per] or course[-1:]
    rest = run.slots / slot_seconds if slot_seconds > 0 else float("inf")
    return seconds, min(_LONGEST, queue / rest) if rest else _LONGEST


def _left(run: Run, rate: float, asynchronous: float, slot_seconds: float) -> float:
    """Return how many orders a second the slots take that synchronous ones leave free."""
    if slot_seconds <= 0:
        return float("inf")
    offered = rate * (1 - asynchronous) * slot_seconds
    busy = offered * (1 - erlang.erlang_b(offered, run.slots))
    return max(0.0, run.slots - busy) / slot_seconds


def figures(run: Run, flow: Flow, asynchronous: float, slot: SlotTime | None) -> dict[str, Any]:
    """Return backlog and drain time, measured and predicted; the drain in seconds."""
    queued = flow.queued()
    end = sum(stage.seconds for stage in run.stages)
    found: dict[str, Any] = {
        "queued": queued,
        "peak": max(queued, default=0),
        "drainSeconds": None if flow.last is None else max(0.0, flow.last - end),
        "predicted": None,
        "predictedPeak": None,
        "predictedPeakInterval": None,
        "predictedDrainSeconds": None,
        "predictedDrainInterval": None,
    }
    if slot is None or not flow.accepted:
        return found
    low, middle, high = (
        predicted(run, asynchronous, max(0.0, slot.mean + step * Z95 * slot.error))
        for step in (-1, 0, 1)
    )
    return found | {
        "predicted": [round(value, 1) for value in middle[0]],
        "predictedPeak": max(middle[0]),
        "predictedPeakInterval": [max(low[0]), max(high[0])],
        "predictedDrainSeconds": middle[1],
        "predictedDrainInterval": [low[1], high[1]],
    }
