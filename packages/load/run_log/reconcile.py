"""What became of every order sent. Pure: from the ledger and what was found to one fate each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, get_args

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

Fate = Literal["confirmed", "rejected", "deadLettered", "throttled", "failed", "lost", "unverified"]
FATES: tuple[Fate, ...] = get_args(Fate)
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """What was found after the run: content digests by order id, in the table and dead-lettered.

    `settled` is false while asynchronous orders may still be on their way: then an accepted order
    that is nowhere is unverified and not lost.
    """

    stored: Mapping[str, str]
    dead: Mapping[str, str]
    settled: bool


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the ledger with all that its attempts (repeats included) came to."""

    digest: str
    valid: bool
    outcomes: frozenset[str]
    results: frozenset[str]
    accepted_at: float | None = None

    @property
    def expected(self) -> bool:
        """Whether the callee took it on: then it must be found."""
        return bool(self.outcomes & {"confirmed", "accepted"})


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many orders met which fate; the fates add up to `sent`, doubled orders are among them."""

    sent: int
    fates: Mapping[Fate, int]
    duplicated: int
    lost_ids: tuple[str, ...]

    def __add__(self, other: Reconciliation) -> Reconciliation:
        """Return both as one; of the ids of lost orders as many as anyone would read."""
        return Reconciliation(
            self.sent + other.sent,
            Counter(self.fates) + Counter(other.fates),
            self.duplicated + other.duplicated,
            (self.lost_ids + other.lost_ids)[:SHOWN],
        )

    def counts(self) -> dict[str, int]:
        """Return the counts under the names of the report."""
        fates = {str(fate): self.fates.get(fate, 0) for fate in FATES}
        return {"sent": self.sent, **fates, "duplicated": self.duplicated}


class Sent(Protocol):
    """What an order of the ledger must tell."""

    @property
    def order_id(self) -> str:
        """Its id."""

    @property
    def digest(self) -> str:
        """The digest of its content."""

    @property
    def kind(self) -> str:
        """Its kind."""


class Answered(Protocol):
    """What an attempt of the ledger must tell."""

    @property
    def order_id(self) -> str:
        """Whose it is."""

    @property
    def outcome(self) -> str:
        """What it came to."""

    @property
    def result_digest(self) -> str | None:
        """The digest of its result."""

    @property
    def done_at(self) -> float:
        """When, in epoch seconds."""


def books(entries: Iterable[Sent], attempts: Iterable[Answered]) -> dict[str, Order]:
    """Join the ledger's two files by order id."""
    outcomes: defaultdict[str, set[str]] = defaultdict(set)
    results: defaultdict[str, set[str]] = defaultdict(set)
    accepted: dict[str, float] = {}
    for attempt in attempts:
        outcomes[attempt.order_id].add(attempt.outcome)
        if attempt.outcome == "accepted":
            accepted.setdefault(attempt.order_id, attempt.done_at)
        if attempt.outcome == "confirmed" and attempt.result_digest:
            results[attempt.order_id].add(attempt.result_digest)
    return {
        entry.order_id: Order(
            entry.digest,
            entry.kind != "invalid",
            frozenset(outcomes[entry.order_id]),
            frozenset(results[entry.order_id]),
            accepted.get(entry.order_id),
        )
        for entry in entries
    }


def fate(order: Order, stored: str | None, dead: str | None, *, settled: bool) -> Fate:
    """Return what became of one order; `stored` and `dead` are the digests found under its id."""
    if stored is not None:
        if stored != order.digest:
            return "lost"
        return "confirmed" if order.valid else "failed"
    if dead == order.digest:
        return "deadLettered"
    if "confirmed" in order.outcomes:
        return "lost"
    if "accepted" in order.outcomes:
        return "lost" if settled else "unverified"
    if "rejected" in order.outcomes:
        return "failed" if order.valid else "rejected"
    # Nobody took it on: the caller was told no, or of an error, or nothing, and can send again.
    return "throttled" if order.outcomes == {"throttled"} else "failed"


def reconcile(orders: Mapping[str, Order], found: Found) -> Reconciliation:
    """Find every order's fate. Doubled is an order confirmed with two different results."""
    fates: Counter[Fate] = Counter()
    lost = []
    for order_id, order in orders.items():
        met = fate(
            order, found.stored.get(order_id), found.dead.get(order_id), settled=found.settled
        )
        fates[met] += 1
        if met == "lost":
            lost.append(order_id)
    doubled = sum(len(order.results) > 1 for order in orders.values())
    return Reconciliation(len(orders), fates, doubled, tuple(lost[:SHOWN]))


def missing(orders: Mapping[str, Order], found: Collection[str]) -> list[str]:
    """Return the ids of orders that were taken on and have not been found yet."""
    return [
        order_id
        for order_id, order in orders.items()
        if order.expected and order.valid and order_id not in found
    ]
