"""What became of every event sent. Pure: from the run log and what was found to one fate each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from load.run_log.log import Attempt, Entry

Fate = Literal[
    "confirmed",
    "rejected",
    "accepted",
    "deadLettered",
    "throttled",
    "failed",
    "lost",
    "unverified",
]
FATES: tuple[Fate, ...] = get_args(Fate)
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """What was found after the run: content digests by event id, in the table and in the DLQ.

    `stored` is None of a service without a table: then a confirmation is believed, and an accepted
    event that is not in the DLQ stays `accepted`. `settled` is false while asynchronous events may
    still be on their way: then an accepted event that is nowhere is unverified and not lost.
    """

    stored: Mapping[str, str] | None
    dead: Mapping[str, str]
    settled: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the run log with all that its attempts (repeats included) came to."""

    digest: str
    valid: bool
    outcomes: frozenset[str]
    results: frozenset[str]
    accepted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many events met which fate; the fates add up to `sent`, doubled events are among them."""

    sent: int
    fates: Mapping[Fate, int]
    duplicated: int
    lost_ids: tuple[str, ...]

    def __add__(self, other: Reconciliation) -> Reconciliation:
        """Return both as one; of the ids of lost events as many as anyone would read."""
        return Reconciliation(
            self.sent + other.sent,
            Counter(self.fates) + Counter(other.fates),
            self.duplicated + other.duplicated,
            (self.lost_ids + other.lost_ids)[:SHOWN],
        )

    def counts(self) -> dict[str, int]:
        """Return the counts under the names of the report; `accepted` only where there are any."""
        fates = {str(fate): self.fates.get(fate, 0) for fate in FATES}
        if not fates["accepted"]:
            del fates["accepted"]
        return {"sent": self.sent, **fates, "duplicated": self.duplicated}


class Sent(NamedTuple):
    """Of an event of the run log what reconciling needs."""

    event_id: str
    digest: str
    kind: str


class Answered(NamedTuple):
    """Of an attempt of the run log what reconciling needs; `done_at` is epoch seconds."""

    event_id: str
    outcome: str
    result_digest: str | None
    done_at: float


def joined(
    entries: Iterable[Entry | Sent], attempts: Iterable[Attempt | Answered]
) -> dict[str, Event]:
    """Join the run log's two files by event id."""
    outcomes: defaultdict[str, set[str]] = defaultdict(set)
    results: defaultdict[str, set[str]] = defaultdict(set)
    accepted: dict[str, float] = {}
    for attempt in attempts:
        outcomes[attempt.event_id].add(attempt.outcome)
        if attempt.outcome == "accepted":
            accepted.setdefault(attempt.event_id, attempt.done_at)
        if attempt.outcome == "confirmed" and attempt.result_digest:
            results[attempt.event_id].add(attempt.result_digest)
    return {
        entry.event_id: Event(
            entry.digest,
            entry.kind != "invalid",
            frozenset(outcomes[entry.event_id]),
            frozenset(results[entry.event_id]),
            accepted.get(entry.event_id),
        )
        for entry in entries
    }


def fate(event_id: str, event: Event, found: Found) -> Fate:
    """Return what became of one event."""
    stored = None if found.stored is None else found.stored.get(event_id)
    confirmed: Fate = "confirmed" if event.valid else "failed"
    if stored is not None:
        return confirmed if stored == event.digest else "lost"
    if found.dead.get(event_id) == event.digest:
        return "deadLettered"
    if "confirmed" in event.outcomes:
        return confirmed if found.stored is None else "lost"
    if "accepted" in event.outcomes:
        if not found.settled:
            return "unverified"
        return "accepted" if found.stored is None else "lost"
    if "rejected" in event.outcomes:
        return "failed" if event.valid else "rejected"
    # Nobody took it on: the caller was told no, or of an error, or nothing, and can send again.
    return "throttled" if event.outcomes == {"throttled"} else "failed"


def reconcile(events: Mapping[str, Event], found: Found) -> Reconciliation:
    """Find every event's fate. Doubled is an event confirmed with two different results.

    Only a table shows that a service takes an event once: without one nothing counts as doubled.
    """
    fates: Counter[Fate] = Counter()
    lost = []
    for event_id, event in events.items():
        met = fate(event_id, event, found)
        fates[met] += 1
        if met == "lost":
            lost.append(event_id)
    twice = found.stored is not None and sum(len(event.results) > 1 for event in events.values())
    return Reconciliation(len(events), fates, int(twice), tuple(lost[:SHOWN]))


def missing(events: Mapping[str, Event], found: Found) -> list[str]:
    """Return the ids of events that were taken on and have not been found yet.

    Where there is no table, only accepted ones can still turn up: in the DLQ.
    """
    stored = found.stored
    awaited = {"accepted"} if stored is None else {"accepted", "confirmed"}
    there = found.dead.keys() | (stored or {}).keys()
    return [
        event_id
        for event_id, event in events.items()
        if event.outcomes & awaited and event.valid and event_id not in there
    ]
