"""Sends every planned event at its time and run log it: no slow answer holds the next one back."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Protocol

import gevent  # type: ignore[import-untyped]
from gevent.pool import Group  # type: ignore[import-untyped]
from gevent.queue import SimpleQueue  # type: ignore[import-untyped]

from load.model.retries import ONCE, Retries
from load.run_log.classify import Classified, Reply, classify
from load.run_log.log import Attempt, Entry, RunLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from service.probes import Probes

    from load.send.events import PlannedEvent


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
    """One run's sending. `observe` hears of each attempt; `broken` keeps an error of the run log.

    Each event is with one greenlet from its due time to its last answer. A greenlet that is done
    takes the next event: a new one for each would cost as much as the request.
    """

    def __init__(
        self,
        client: Client,
        probes: Probes,
        run_log: RunLog,
        clock: Clock,
        observe: Callable[[Attempt, Classified, int], None],
        retries: Retries = ONCE,
    ) -> None:
        self._client = client
        self._probes = probes
        self._run_log = run_log
        self._clock = clock
        self._observe = observe
        self._retries = retries
        self._jitter = random.Random()  # noqa: S311 - spreads load, hides nothing
        self._due = SimpleQueue()
        self._idle = 0
        self._greenlets = Group()
        self.broken: OSError | None = None
        self.backlog = 0
        """The most events that were due at a time and waited for this process to send them."""

    def run(self, events: Iterable[PlannedEvent], start: float) -> bool:
        """Send all events, each at `start` plus its offset, and wait for the answers.

        An arrival is never skipped: when the sender is late it sends at once, and the lag shows in
        the attempt. Returns whether all were sent; not, when the run log can no longer be written.
        """
        for event in events:
            due = start + event.offset
            # Even a late sender yields here, so that its greenlets get to send.
            gevent.sleep(max(0.0, due - self._clock.now()))
            if self.broken:
                break
            self._hand_over(event, due)
        for _ in range(len(self._greenlets)):
            self._due.put(None)
        self._greenlets.join()
        try:
            self._run_log.flush()
        except OSError as error:
            self.broken = self.broken or error
        return self.broken is None

    def _hand_over(self, event: PlannedEvent, due: float) -> None:
        self._due.put((event, due))
        waiting = self._due.qsize()
        if waiting > self._idle:
            self._greenlets.spawn(self._work)
        # The event just put is on its way; what waits with it came before and is not sent yet.
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

    def _send(self, event: PlannedEvent, due: float) -> None:
        if self.broken:
            return
        self._run_log.sending(
            Entry(event.event_id, event.digest, event.kind, event.invocation, due)
        )
        tried, due_at = 1, due
        while True:
            attempt = self._attempt(event, due, due_at, tried)
            if attempt.outcome != "throttled" or tried >= self._retries.tries:
                return
            due_at = attempt.done_at + self._retries.wait(tried, self._jitter.random())
            tried += 1
            gevent.sleep(max(0.0, due_at - self._clock.now()))

    def _attempt(self, event: PlannedEvent, due: float, due_at: float, tried: int) -> Attempt:
        sent = self._clock.now()
        reply = self._client.invoke(event.payload, asynchronous=event.invocation == "async")
        done = self._clock.now()
        classified = classify(reply, self._probes)
        attempt = Attempt(
            event.event_id,
            event.kind,
            event.invocation,
            due,
            sent,
            done,
            classified.outcome,
            classified.reason,
            reply.status,
            reply.executed_version,
            reply.request_id,
            classified.result_digest,
            due_at,
            tried,
        )
        self._run_log.done(attempt)
        self._observe(attempt, classified, len(reply.body))
        return attempt
