"""Sends every planned order at its time and books it: no slow answer holds the next one back."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Protocol

import gevent  # type: ignore[import-untyped]
from gevent.pool import Group  # type: ignore[import-untyped]
from gevent.queue import SimpleQueue  # type: ignore[import-untyped]

from load.run_log.classify import Judged, Reply, judge
from load.run_log.log import Attempt, Entry, Ledger
from load.send.retries import ONCE, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from load.send.events import PlannedOrder


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
    """One run's sending. `observe` hears of each attempt; `broken` keeps an error of the ledger.

    Each order is with one greenlet from its due time to its last answer. A greenlet that is done
    takes the next order: a new one for each would cost as much as the request.
    """

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        clock: Clock,
        observe: Callable[[Attempt, Judged, int], None],
        retries: Retries = ONCE,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clock = clock
        self._observe = observe
        self._retries = retries
        self._jitter = random.Random()  # noqa: S311 - spreads load, hides nothing
        self._due = SimpleQueue()
        self._idle = 0
        self._greenlets = Group()
        self.broken: OSError | None = None
        self.backlog = 0
        """The most orders that were due at a time and waited for this process to send them."""

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
            self._hand_over(order, due)
        for _ in range(len(self._greenlets)):
            self._due.put(None)
        self._greenlets.join()
        try:
            self._ledger.flush()
        except OSError as error:
            self.broken = self.broken or error
        return self.broken is None

    def _hand_over(self, order: PlannedOrder, due: float) -> None:
        self._due.put((order, due))
        waiting = self._due.qsize()
        if waiting > self._idle:
            self._greenlets.spawn(self._work)
        # The order just put is on its way; what waits with it came before and is not sent yet.
        self.backlog = max(self.backlog, waiting - 1)

    def _work(self) -> None:
        while True:
            self._idle += 1
            given = self._due.get()
            self._idle -= 1
            if given is None:
                return
            try:
                self._send(*given)
            except OSError as error:
                self.broken = self.broken or error

    def _send(self, order: PlannedOrder, due: float) -> None:
        if self.broken:
            return
        self._ledger.sending(Entry(order.order_id, order.digest, order.kind, order.invocation, due))
        tried, due_at = 1, due
        while True:
            attempt = self._attempt(order, due, due_at, tried)
            if attempt.outcome != "throttled" or tried >= self._retries.tries:
                return
            due_at = attempt.done_at + self._retries.wait(tried, self._jitter.random())
            tried += 1
            gevent.sleep(max(0.0, due_at - self._clock.now()))

    def _attempt(self, order: PlannedOrder, due: float, due_at: float, tried: int) -> Attempt:
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
            due_at,
            tried,
        )
        self._ledger.done(attempt)
        self._observe(attempt, judged, len(reply.body))
        return attempt
