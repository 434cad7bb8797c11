"""The events of a run: what is sent, when, and how; the same seed gives the same events."""

from __future__ import annotations

import hashlib
import json
import random
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from service.probes import DRAWN, load

from load.model.arrivals import poisson
from load.run_log.digests import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.declaration import Service
    from service.probes import Probes

    from load.run_log.log import Invocation, Kind
    from load.scenarios import Mix, Scenario

REPEAT_AFTER: Final = 1.0
"""A repeat follows its original by at least this many seconds, so that it meets a stored event."""
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """One due arrival: `offset` seconds from the start; `payload` the event in canonical JSON.

    Of the kind `new` is a valid event that was not sent before.
    """

    event_id: str
    kind: Kind
    invocation: Invocation
    offset: float
    payload: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Share:
    """One sender's part of a run: of all arrivals, counted from 0, every `of`-th from `index`."""

    index: int = 0
    of: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """What a run's events are made of; `start` is epoch seconds.

    Arrival times and kinds come from two streams of `seed`, so that a changed mix leaves the
    arrival times as they were; a content depends on the seed and the event's number alone. So
    senders that share a run draw the same schedule and each makes its own events, without a word
    between them. `run_id` alone makes the ids new: a replay meets no stored event.
    """

    probes: Probes
    seed: int
    run_id: str
    start: float


def probes_of(service: Service) -> Probes:
    """Return a service's probes. Raises UsageError where its events cannot be found again."""
    probes, event_id = load(service), "load-000001"
    payload = probes.event(event_id, 1_800_000_000.0, bytes(range(DRAWN)))
    event = json.loads(payload)
    wrong = (
        "no canonical JSON (sorted keys, no blanks, UTF-8)"
        if canonical(event) != payload
        else f"one whose event_id is not {event_id}"
        if probes.event_id(event) != event_id
        else None
    )
    if wrong:
        raise UsageError(f"event in services/{service.name}/probes.py makes {wrong}: mend it.")
    return probes


def arrival_stream(seed: int) -> random.Random:
    """Return what a run's arrivals are drawn from."""
    return random.Random(f"{seed}/arrivals")  # noqa: S311 - replayable, nothing secret


def planned(scenario: Scenario, source: Source, share: Share = Share()) -> Iterator[PlannedEvent]:
    """Yield the run's events by their due time."""
    seed = source.seed
    arrivals = poisson(scenario.stages(), arrival_stream(seed))
    rng = random.Random(f"{seed}/events")  # noqa: S311 - replayable, nothing secret
    earlier: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
    for number, offset in enumerate(arrivals):
        kind, invocation = _draw(scenario.mix, rng)
        mine = number % share.of == share.index
        first = _earlier(earlier, offset, rng) if kind == "repeat" else None
        if first is not None:
            if mine:
                old = _event(source, *first, "new", "sync")
                yield replace(old, kind="repeat", offset=offset)
            continue
        if kind != "invalid" and invocation == "sync":
            earlier.append((number, offset))
        if mine:
            fresh: Kind = "invalid" if kind == "invalid" else "new"
            yield _event(source, number, offset, fresh, invocation)


def _earlier(
    known: Sequence[tuple[int, float]], offset: float, rng: random.Random
) -> tuple[int, float] | None:
    """Draw number and offset of an event old enough to be repeated."""
    old = [event for event in known if event[1] <= offset - REPEAT_AFTER]
    return rng.choice(old) if old else None


def _event(
    source: Source, number: int, offset: float, kind: Kind, invocation: Invocation
) -> PlannedEvent:
    event_id = f"{source.run_id}-{number:06d}"
    drawn = hashlib.blake2b(f"{source.seed}/{number}".encode(), digest_size=DRAWN).digest()
    payload = source.probes.event(event_id, source.start + offset, drawn)
    if kind == "invalid":
        payload = source.probes.spoilt(payload, drawn[-1])
    return PlannedEvent(
        event_id, kind, invocation, offset, payload, hashlib.sha256(payload).hexdigest()
    )


def _draw(mix: Mix, rng: random.Random) -> tuple[Kind, Invocation]:
    """Draw what comes next. Invalid events and repeats go synchronously: they need an answer."""
    at = rng.random()
    if at < mix.invalid:
        return "invalid", "sync"
    if at < mix.invalid + mix.repeated:
        return "repeat", "sync"
    if at < mix.invalid + mix.repeated + mix.asynchronous:
        return "new", "async"
    return "new", "sync"
