"""A plan: from a peak, a target and a slot time to the concurrency needed and its price."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from reporting import amounts

from load.model.erlang import REQUESTS_PER_SLOT
from load.model.quantiles import Z95
from load.planning import prices
from load.planning.capacity import (
    MOST_ERLANGS,
    Account,
    Load,
    by_division,
    counts,
    curve,
    rate_within,
)
from load.planning.prices import Cost, Extras, Prices, cost, events_per_month

if TYPE_CHECKING:
    from load.planning.sources import Measured


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: events per second in the busiest hour, the target share (0..1), memory (MB).

    `retried` is the share of events that are sent again until they are served. The rest is what
    the stack's file says.
    """

    peak_rate: float
    target: float
    memory_mb: int
    retried: float = 0.0
    architecture: str = "x86_64"
    extras: Extras = field(default_factory=Extras)

    @property
    def prices(self) -> Prices:
        """The list prices of what is asked for."""
        return prices.ARCHITECTURES[self.architecture]


def plan(asked: Question, slot: Measured, limits: Account | str) -> dict[str, Any]:
    """Return the plan as JSON values; `limits` is a sentence where the account was not asked.

    Raises UsageError when the load is beyond anything that can be meant.
    """
    load = Load(asked.peak_rate, slot.mean, asked.retried)
    offered = asked.peak_rate * slot.mean
    if max(offered, asked.peak_rate / REQUESTS_PER_SLOT) > MOST_ERLANGS:
        raise UsageError(
            f"{amounts.number(asked.peak_rate)} events a second of {amounts.number(slot.mean)} "
            "s each are more than any "
            "account may run; check --peak and --slot-ms."
        )
    needed = load.needed(asked.target)
    present = slot.slots
    return {
        "schema": 1,
        "peakRate": asked.peak_rate,
        "target": asked.target,
        "retried": asked.retried,
        "memoryMb": asked.memory_mb,
        "slotTime": {"mean": slot.mean, "error": slot.error, "source": slot.source},
        "offeredErlangs": offered,
        "needed": needed,
        "neededInterval": _interval(asked, slot),
        "boundByRate": load.rate_binds(needed, asked.target),
        "headroomRate": rate_within(needed, slot.mean, asked.target),
        "byDivision": _shares(load, by_division(load)),
        "atNeeded": _shares(load, needed),
        "present": _shares(load, present) if present else None,
        "curve": [asdict(p) for p in curve(load, counts(needed, [present] if present else []))],
        "account": _account(limits, needed),
        "cost": _cost(load, needed, asked),
        "prices": asdict(asked.prices),
    }


def _interval(asked: Question, slot: Measured) -> list[int]:
    """Return the concurrency needed at either end of the slot time's 95 % interval."""
    ends = (max(1e-6, slot.mean + step * Z95 * slot.error) for step in (-1, 1))
    return [Load(asked.peak_rate, end, asked.retried).needed(asked.target) for end in ends]


def _shares(load: Load, slots: int) -> dict[str, Any]:
    return {"slots": slots, "peak": load.share(slots), "day": load.day_share(slots)}


def _account(limits: Account | str, needed: int) -> dict[str, Any]:
    if isinstance(limits, str):
        return {"compared": False, "why": limits}
    return {
        "compared": True,
        "limit": limits.limit,
        "unreserved": limits.unreserved,
        "reserved": limits.reserved,
        "reservable": limits.reservable,
        "left": limits.left(needed),
        "fits": needed <= limits.reservable,
    }


def _cost(load: Load, slots: int, asked: Question) -> dict[str, Any]:
    """Return a month's cost when refused events come again until served, and when they do not.

    Refusing costs nothing: what is retried and served in the end is billed once, when it executes.
    """
    events = events_per_month(load.peak_rate)
    share = load.day_share(slots)
    paid, extras, memory_mb = asked.prices, asked.extras, asked.memory_mb
    every = cost(events, load.slot_seconds, memory_mb, paid)
    once = cost(events * (1 - share), load.slot_seconds, memory_mb, paid)
    return {
        "eventsPerMonth": events,
        "refusedPerMonth": events * share,
        "everyEventServed": _dollars(every),
        "refusedGivenUp": _dollars(once),
        "refusedAttempts": 0.0,
        "reservation": 0.0,
        "retriedUntilServed": every.total - once.total,
        "snapshots": prices.snapshots(extras, slots, memory_mb, paid),
        "snapshotVersions": extras.versions,
        "logs": prices.logging(extras, events, paid),
        "logFormat": extras.log_format,
        "warmingOnce": prices.warming(extras, paid),
        "warmWrites": extras.writes,
    }


def _dollars(found: Cost) -> dict[str, float]:
    return {**asdict(found), "total": found.total}
