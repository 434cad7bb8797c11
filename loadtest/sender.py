"""Sends every planned order at its time and books it: no slow answer holds the next one back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import gevent  # type: ignore[import-untyped]
from gevent.pool import Group  # type: ignore[import-untyped]

from loadtest.classify import Judged, Reply, judge
from loadtest.ledger import Attempt, Entry, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from loadtest.orders import PlannedOrder


class Client(Protocol):
    """What sends an event."""

    def invoke(self, payload: bytes, *, asynchronous: bool) -> Reply:
        """Send once and return what came back."""


class Clock:
    """Epoch seconds that never step back: read once, then carried on by the monotonic clock."""

    def __init__(self) -> None:
        self._base = time.time() - time.perf_counter()

    def now(self) -> float:
        """Return epoch seconds."""
        return self._base + time.perf_counter()


class Sender:
    """One run's sending. `observe` hears of each attempt; `broken` keeps an error of the ledger."""

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        clock: Clock,
        observe: Callable[[Attempt, Judged, int], None],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._observe = observe
        self._flying = Group()
        self.broken: OSError | None = None

    def run(self, orders: Iterable[PlannedOrder], start: float) -> bool:
        """Send all orders, each at `start` plus its offset, and wait for the answers.

        An arrival is never skipped: when the sender is late it sends at once, and the lag shows in
        the attempt. Returns whether all were sent; not, when the ledger could no longer be written.
        """
        for order in orders:
            due = start + order.offset
            # Even a late sender yields here, so that its greenlets get to send.
            gevent.sleep(max(0.0, due - self._clock.now()))
            if self.broken:
                break
            self._flying.spawn(self._send, order, due)
        self._flying.join()
        return self.broken is None

    def _send(self, order: PlannedOrder, due: float) -> None:
        try:
            self._ledger.sending(
                Entry(order.order_id, order.digest, order.kind, order.invocation, due)
            )
            self._attempt(order, due)
        except OSError as error:
            self.broken = self.broken or error

    def _attempt(self, order: PlannedOrder, due: float) -> None:
        sent = self._clock.now()
        reply = self._client.invoke(order.payload, asynchronous=order.invocation == "async")
        done = self._clock.now()
        judged = judge(reply)
        attempt = Attempt(
            order.order_id,
            order.kind,
            order.invocation,
            due,
            sent,
            done,
            judged.outcome,
            judged.reason,
            reply.status,
            reply.executed_version,
            reply.request_id,
            judged.result_digest,
        )
        self._ledger.done(attempt)
        self._observe(attempt, judged, len(reply.body))
