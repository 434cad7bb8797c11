"""Callers at an alias for as long as they are wanted: realistic events at a rate."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from load.run_log.classify import classify
from load.run_log.log import Attempt, Entry
from service import probes

from rehearsal.callers.client import LambdaClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from load.run_log.log import Invocation, Kind
    from service.declaration import Service

    from rehearsal.callers.run_log import RunLog

REPEATED = 0.03
"""Share of events that are sent once more although they were confirmed: the answer must be the
same, or the event was done twice."""
FAILED = frozenset({"functionError", "transportError"})
LAST_ANSWER_SECONDS = 45.0
LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Manners:
    """How they call: `rate` events a second, of which `asynchronous` is the share that waits for
    no answer. Who is `patient` sends an event again until it is confirmed.
    """

    rate: float
    asynchronous: float = 0.1
    patient: bool = False


@dataclass(frozen=True, slots=True)
class _Sending:
    """An event on its way, however often it is tried."""

    event_id: str
    payload: bytes
    kind: Kind
    invocation: Invocation
    patient: bool = False
    """Whether it is tried until it is settled, by callers who are not patient otherwise, too."""
    intended_at: float = field(default_factory=time.time)

    def entry(self) -> Entry:
        """What the run log has of it before it is sent."""
        digest = hashlib.sha256(self.payload).hexdigest()
        return Entry(self.event_id, digest, self.kind, self.invocation, self.intended_at)


class Callers:
    """Send from `start` to `stop`, at a `rate` that may be changed. As a context they do both.

    `answers` only grows. When stopped, patient callers go on until every event of theirs is
    confirmed, for 45 seconds at most.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        target: tuple[str, str],
        service: Service,
        manners: Manners,
        seed: int,
        run_log: RunLog | None = None,
    ) -> None:
        """`target` is function and qualifier; in a run log every event stands before it leaves."""
        self.rate = manners.rate
        self.answers: list[Attempt] = []
        self.waiting: set[str] = set()
        """Events of patient callers that were refused or failed and are not confirmed yet."""
        self._manners = manners
        self._environment = environment
        self._function, self._qualifier = target
        self._probes = probes.load(service)
        self._run_log = run_log
        self._rng = random.Random(seed)  # noqa: S311 - replayable, nothing secret
        self._name = f"calls-{self._rng.randrange(16**8):08x}"
        self._ended = 0.0
        self._confirmed: list[tuple[str, bytes]] = []
        self._accepted: dict[str, bytes] = {}
        self._again: deque[str] = deque()
        self._numbers = itertools.count(1)
        self._thread = threading.Thread(target=self._main, daemon=True, name="callers")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing new, wait for the answers and close the run log; idempotent."""
        if not self._ended:
            self._ended = time.time()
            self._thread.join(LAST_ANSWER_SECONDS + 10)
            if self._run_log is not None:
                self._run_log.close(self._ended)

    def resend(self, event_ids: Iterable[str]) -> None:
        """Send accepted events once more at the usual rate, before new ones, each until it is
        settled: what a sender does who cannot be sure of them any longer.
        """
        self._again.extend(event_ids)

    def abandon(self) -> None:
        """Send nothing more and wait for nobody."""
        self._ended = self._ended or time.time() - LAST_ANSWER_SECONDS

    def since(
        self, at: float, *outcomes: str, invocation: Invocation | None = None
    ) -> list[Attempt]:
        """Return the answers since `at` (epoch seconds), by outcome and invocation where given."""
        return [
            answer
            for answer in self.answers[:]
            if answer.done_at >= at
            and (not outcomes or answer.outcome in outcomes)
            and (invocation is None or answer.invocation == invocation)
        ]

    def _main(self) -> None:
        asyncio.run(self._drive())

    async def _drive(self) -> None:
        alive: set[asyncio.Task[None]] = set()
        async with LambdaClient(self._environment, self._function) as client:
            due = time.monotonic()
            while not self._ended:
                now = time.monotonic()
                if now < due or not self.rate:
                    await asyncio.sleep(min(0.05, max(due - now, 0.002)))
                    continue
                due = max(due, now - 0.5) + self._rng.expovariate(self.rate)
                task = asyncio.create_task(self._event(client))
                alive.add(task)
                task.add_done_callback(alive.discard)
            await asyncio.gather(*alive)

    async def _event(self, client: LambdaClient) -> None:
        """Send one event until it is settled, or once where callers have no patience."""
        sending = self._next()
        if self._run_log is not None:
            self._run_log.sending(sending.entry())
        for tried in itertools.count(1):
            answer = await self._attempt(client, sending, tried)
            if answer.outcome in ("confirmed", "accepted", "rejected"):
                self.waiting.discard(sending.event_id)
                break
            if not sending.patient or self._late():
                return
            self.waiting.add(sending.event_id)
            longest = min(LONGEST_PAUSE_SECONDS, 0.2 * 2.0**tried)
            await asyncio.sleep(self._rng.uniform(longest / 2, longest))
        if answer.outcome == "confirmed" and sending.kind != "repeat":
            self._confirmed.append((sending.event_id, sending.payload))
        if answer.outcome == "accepted":
            self._accepted[sending.event_id] = sending.payload

    def _next(self) -> _Sending:
        """Return what is sent next: what is to be sent again, now and then a repeat, or new."""
        if self._again:
            event_id = self._again.popleft()
            return _Sending(event_id, self._accepted[event_id], "repeat", "sync", patient=True)
        patient = self._manners.patient
        if self._confirmed and self._rng.random() < REPEATED:
            return _Sending(*self._rng.choice(self._confirmed), "repeat", "sync", patient)
        event_id = f"{self._name}-{next(self._numbers)}"
        payload = self._probes.event(event_id, time.time(), self._rng.randbytes(probes.DRAWN))
        asynchronous = self._rng.random() < self._manners.asynchronous
        return _Sending(event_id, payload, "new", "async" if asynchronous else "sync", patient)

    def _late(self) -> bool:
        return bool(self._ended) and time.time() > self._ended + LAST_ANSWER_SECONDS

    async def _attempt(self, client: LambdaClient, sending: _Sending, tried: int) -> Attempt:
        sent = time.time()
        reply = await client.invoke(
            self._qualifier, sending.payload, asynchronous=sending.invocation == "async"
        )
        classified = classify(reply, self._probes)
        answer = Attempt(
            sending.event_id,
            sending.kind,
            sending.invocation,
            sending.intended_at,
            sent,
            time.time(),
            classified.outcome,
            classified.reason,
            reply.status,
            reply.executed_version,
            reply.request_id,
            classified.result_digest,
            tried=tried,
        )
        if self._run_log is not None:
            self._run_log.answered(answer)
        self.answers.append(answer)
        return answer
