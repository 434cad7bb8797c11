"""The plan of a run: which event meets which fault. The same seed gives the same plan.

Every event is drawn from a stream of its own (seed, kind, number), so that a run of one kind alone
plans its events exactly as the whole run does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from load.run_log.log import Invocation

    from rehearsal.faults.oracle import Content, Oracle

Target = Literal["production", "hurried", "unreachable", "lane"]
Reply = Literal[
    "answer", "error", "reset", "reset-midway", "truncate", "cut", "withhold", "kill", "answer-kill"
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request for DynamoDB.

    `stored`: whether it reaches the table first. `reply`: what the function gets, after `seconds`
    (with `answer-kill` the seconds between the answer and SIGKILL). `code` names an `error`.
    """

    stored: bool
    reply: Reply
    seconds: float = 0.0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One invocation of the function with the event.

    Deliveries of one `wave` go out together, the next wave when they are answered and `pause`
    seconds have passed. `variant` says which of the event's contents it carries. A `strike` is
    SIGKILL to the execution environment once it holds the event: before it may run at all (0), or
    after it has run for so many seconds.
    """

    mode: Invocation
    wave: int = 0
    target: Target = "production"
    variant: int = 0
    pause: float = 0.0
    strike: float | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is drawn for an event: its contents, how it is sent and what goes wrong.

    `faults` meet the event's requests for DynamoDB in turn, whichever delivery makes them.
    `retries` is how often a synchronous caller sends again after a function error.
    """

    contents: tuple[Content, ...]
    deliveries: tuple[Delivery, ...]
    faults: tuple[Fault, ...] = ()
    retries: int = 2


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """One event of a run, by its id."""

    event_id: str
    kind: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Drawing:
    """What an event's recipe is drawn from."""

    event_id: str
    rng: random.Random
    oracle: Oracle

    def content(self, offset: int | None = None, *, valid: bool = True) -> Content:
        """Draw a content of the event."""
        return self.oracle.draw(self.event_id, self.rng, offset, valid=valid)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: how it is drawn, its share of a run and how many events go at once."""

    name: str
    weight: float
    draw: Callable[[Drawing], Recipe]
    together: int = 1


def plan(
    oracle: Oracle, kinds: Mapping[str, Kind], events: int, seed: int, only: str | None = None
) -> list[tuple[PlannedEvent, ...]]:
    """Return the run's units in their order; the events of a unit start together.

    Raises UsageError for a kind that there is not and for fewer events than kinds.
    """
    if only is not None and only not in kinds:
        raise UsageError(f"There is no kind '{only}': choose one of {', '.join(kinds)}.")
    units: list[tuple[PlannedEvent, ...]] = []
    for name, count in _counts(kinds, events).items():
        planned = [_event(oracle, kinds[name], number, seed) for number in range(count)]
        size = kinds[name].together
        units.extend(tuple(planned[at : at + size]) for at in range(0, count, size))
    random.Random(f"{seed}/units").shuffle(units)  # noqa: S311 - to be replayed, nothing secret
    return [unit for unit in units if only in (None, unit[0].kind)]


def _event(oracle: Oracle, kind: Kind, number: int, seed: int) -> PlannedEvent:
    event_id = f"{kind.name}-{number:05d}"
    rng = random.Random(f"{seed}/{event_id}")  # noqa: S311 - to be replayed, nothing secret
    return PlannedEvent(event_id, kind.name, kind.draw(Drawing(event_id, rng, oracle)))


def _counts(kinds: Mapping[str, Kind], events: int) -> dict[str, int]:
    """Share `events` among the kinds by weight, at least one each."""
    if events < len(kinds):
        raise UsageError(f"Give --events at least {len(kinds)}: there are so many kinds.")
    whole = sum(kind.weight for kind in kinds.values())
    share = {name: events * kind.weight / whole for name, kind in kinds.items()}
    counts = {name: max(1, int(wanted)) for name, wanted in share.items()}
    # Rounding leaves a few over, or has given too many where at least one was due.
    while (missing := events - sum(counts.values())) != 0:
        step = 1 if missing > 0 else -1
        changeable = [name for name in kinds if counts[name] + step > 0]
        counts[max(changeable, key=lambda name: (share[name] - counts[name]) * step)] += step
    return counts
