"""Waits until the asynchronous orders have arrived somewhere, for as long as that may take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from loadtest.errors import UsageError
from loadtest.reconcile import Found, Order, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

RETRY_GAP: Final = 180.0
"""Default seconds of quiet that end the wait: Lambda leaves one, then two minutes between the
attempts of an event (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html),
and the attempt itself takes its time."""

LONGEST_WAIT: Final = 900.0
"""Default bound of the wait in seconds; a throttled backlog may take up to its maximum age."""


class Table(Protocol):
    """The orders table."""

    def scan(self, wanted: Collection[str]) -> dict[str, str]:
        """Return the digests of the wanted orders it has."""

    def get(self, order_ids: Collection[str]) -> dict[str, str]:
        """Return the digests of those orders it has."""


class Queue(Protocol):
    """The dead-letter queue."""

    def peek(self) -> dict[str, str]:
        """Return digests by order id."""


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


def drain(
    orders: Mapping[str, Order],
    table: Table,
    queue: Queue,
    patience: Patience,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Found, float]:
    """Return what was found and the seconds it took until the last news.

    Settled is what was found once nothing is missing, or nothing new came for a whole quiet time;
    not settled when the longest wait ended with news still coming in.
    """
    began = news = clock()
    stored, dead = table.scan(orders), queue.peek()
    absent = missing(orders, stored.keys() | dead.keys())
    while absent:
        now = clock()
        if now - news >= patience.quiet or now - began >= patience.longest:
            break
        sleep(patience.poll)
        more, dead = table.get(absent), queue.peek()
        stored.update(more)
        still = missing(orders, stored.keys() | dead.keys())
        if len(still) < len(absent):
            news = clock()
        absent = still
    settled = not absent or clock() - news >= patience.quiet
    return Found(stored, dead, settled), news - began
