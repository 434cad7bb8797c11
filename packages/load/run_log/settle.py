"""Waits until the asynchronous events have arrived somewhere, for as long as that may take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from console.errors import UsageError
from console.progress import doing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from load.run_log.buckets import Buckets
    from load.run_log.evidence import Stored

RETRY_GAP: Final = 180.0
"""Default seconds of quiet that end the wait: Lambda leaves one, then two minutes between the
attempts of an event (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html),
and the attempt itself takes its time."""

LONGEST_WAIT: Final = 900.0
"""Default bound of the wait in seconds; a throttled backlog may take up to its maximum age."""

_LOOKS: Final = 4
"""Whole looks at table and queue in a quiet time; in between only a sample is asked for."""


class Table(Protocol):
    """The events table."""

    def scan(self) -> Iterable[Stored]:
        """Iterate over all events it has."""

    def get(self, event_ids: Collection[str]) -> list[Stored]:
        """Return those of the events that it has."""


class Queue(Protocol):
    """The dead-letter queue; `whole` says whether the last look saw all of it."""

    @property
    def whole(self) -> bool:
        """Whether the last look saw all of it."""

    def peek(self) -> Iterable[tuple[str, str]]:
        """Iterate over event ids and digests."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait: at most `longest` seconds, and no longer than `quiet` without any news."""

    longest: float = LONGEST_WAIT
    quiet: float = RETRY_GAP
    poll: float = 0.5

    def __post_init__(self) -> None:
        """Raise UsageError unless all are above 0."""
        if not min(self.longest, self.quiet, self.poll) > 0:
            raise UsageError("The waits for the backlog must be above 0 seconds.")


def settle(
    buckets: Buckets,
    table: Table,
    queue: Queue,
    patience: Patience,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[bool, float]:
    """Sort what is found into `buckets`; return whether it is settled, and the seconds to the news.

    Settled is what was found once nothing is missing, or nothing new came for a whole quiet time;
    not settled when the longest wait ended with news still coming in, or when the dead-letter queue
    was too long to be read whole.
    """
    with doing("waiting for asynchronous events to arrive"):
        return _settle(buckets, table, queue, patience, clock, sleep)


def _settle(
    buckets: Buckets,
    table: Table,
    queue: Queue,
    patience: Patience,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[bool, float]:
    began = news = clock()
    before = None
    while True:
        buckets.found(table.scan(), queue.peek())
        left = buckets.missing()
        if before is not None and left.count < before:
            news = clock()
        before = left.count
        now = clock()
        if not left.count:
            return True, news - began
        if now - news >= patience.quiet:
            return queue.whole, news - began
        if now - began >= patience.longest:
            return False, news - began
        look = min(patience.quiet / _LOOKS, patience.longest - (now - began))
        if _appear(set(left.sample), table, look, patience.poll, clock, sleep):
            news = clock()


def _appear(
    sample: set[str],
    table: Table,
    seconds: float,
    poll: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> bool:
    """Wait for events to be stored until all are, or time is up; return whether any was."""
    began, any_came = clock(), False
    while sample and clock() - began < seconds:
        sleep(poll)
        came = {event.event_id for event in table.get(sample)}
        sample -= came
        any_came = any_came or bool(came)
    return any_came
