"""The callers: real orders at the alias all through a drill, every one in the books."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from rehearsal.drills.books import Books, run
from rehearsal.faults.client import LambdaClient
from rehearsal.faults.orders import canonical, digest
from rehearsal.traffic import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rehearsal.drills.drill import Needs
    from rehearsal.faults.plan import Mode

REPEATED = 0.03
"""Share of orders that are sent once more although they were confirmed: the answer must be the
same, or the order was done twice."""
FAILED = frozenset({"functionError", "transportError"})
LAST_ANSWER_SECONDS = 45.0
LONGEST_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt came to, when (epoch seconds), and by which version."""

    order_id: str
    mode: Mode
    outcome: str
    reason: str
    sent_at: float
    done_at: float
    version: str


@dataclass(frozen=True, slots=True)
class _Sending:
    """An order on its way, however often it is tried, and its lines in the books."""

    order_id: str
    payload: bytes
    kind: str
    mode: Mode
    intended_at: float = field(default_factory=time.time)

    def entry(self) -> dict[str, Any]:
        """The order before it is sent."""
        return self._shared() | {"digest": digest(json.loads(self.payload))}

    def attempt(
        self, answer: Answer, status: int, request_id: str | None, result: str | None, tried: int
    ) -> dict[str, Any]:
        """One attempt of it; `result` is the digest of the function's answer."""
        return self._shared() | {
            "sentAt": answer.sent_at,
            "doneAt": answer.done_at,
            "outcome": answer.outcome,
            "reason": answer.reason,
            "status": status,
            "executedVersion": answer.version or None,
            "requestId": request_id,
            "resultDigest": result,
            "dueAt": 0.0,
            "tried": tried,
        }

    def _shared(self) -> dict[str, Any]:
        return {
            "orderId": self.order_id,
            "kind": self.kind,
            "invocation": self.mode,
            "intendedAt": self.intended_at,
        }


class Callers:
    """Sends `rate` orders a second, which a drill may change, from `start` to `stop`.

    `answers` only grows. When stopped, patient callers go on until every order of theirs is
    confirmed, for 45 seconds at most.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        outputs: dict[str, Any],
        needs: Needs,
        books: Path,
        seed: int,
    ) -> None:
        self.rate = needs.rate
        self.answers: list[Answer] = []
        self.waiting: set[str] = set()
        """Orders of patient callers that were refused or failed and are not confirmed yet."""
        self._needs = needs
        self._environment = environment
        self._outputs = outputs
        self._books = Books(books)
        self._rng = random.Random(seed)  # noqa: S311 - replayable, nothing secret
        self._started = time.time()
        self._ended = 0.0
        self._confirmed: list[tuple[str, bytes]] = []
        self._accepted: dict[str, bytes] = {}
        self._again: deque[str] = deque()
        self._numbers = itertools.count(1)
        self._thread = threading.Thread(target=self._main, daemon=True, name="callers")

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing new, wait for the answers and close the books; a second time is nothing."""
        if not self._ended:
            self._ended = time.time()
            self._thread.join(LAST_ANSWER_SECONDS + 10)
            rate = max(self._needs.rate, 1.0)
            self._books.close(run("drill", rate, self._outputs, self._started, self._ended))

    def resend(self, orders: Iterable[str]) -> None:
        """Send accepted orders once more at the usual rate, before new ones, and wait for each
        answer: what a sender does who cannot be sure of them any longer.
        """
        self._again.extend(orders)

    def abandon(self) -> None:
        """Send nothing more and wait for nobody: the day is over, and these books with it."""
        self._ended = self._ended or time.time() - LAST_ANSWER_SECONDS

    def since(self, at: float, *outcomes: str, mode: Mode | None = None) -> list[Answer]:
        """Return the answers since `at` (epoch seconds), by outcome and mode where given."""
        return [
            answer
            for answer in self.answers[:]
            if answer.done_at >= at
            and (not outcomes or answer.outcome in outcomes)
            and (mode is None or answer.mode == mode)
        ]

    def _main(self) -> None:
        asyncio.run(self._drive())

    async def _drive(self) -> None:
        alive: set[asyncio.Task[None]] = set()
        async with LambdaClient(self._environment, self._outputs["lambdaFunctionName"]) as client:
            due = time.monotonic()
            while not self._ended:
                now = time.monotonic()
                if now < due or not self.rate:
                    await asyncio.sleep(min(0.05, max(due - now, 0.002)))
                    continue
                due = max(due, now - 0.5) + self._rng.expovariate(self.rate)
                task = asyncio.create_task(self._order(client))
                alive.add(task)
                task.add_done_callback(alive.discard)
            await asyncio.gather(*alive)

    async def _order(self, client: LambdaClient) -> None:
        """Send one order until it is settled, or once where callers have no patience."""
        sending = self._next()
        self._books.sending(sending.entry())
        for tried in itertools.count(1):
            answer = await self._attempt(client, sending, tried)
            if answer.outcome in ("confirmed", "accepted", "rejected"):
                self.waiting.discard(sending.order_id)
                break
            if not self._needs.patient or self._late():
                return
            self.waiting.add(sending.order_id)
            longest = min(LONGEST_PAUSE_SECONDS, 0.2 * 2.0**tried)
            await asyncio.sleep(self._rng.uniform(longest / 2, longest))
        if answer.outcome == "confirmed" and sending.kind == "order":
            self._confirmed.append((sending.order_id, sending.payload))
        if answer.outcome == "accepted":
            self._accepted[sending.order_id] = sending.payload

    def _next(self) -> _Sending:
        """Return what is sent next: what is to be sent again, now and then a repeat, or new."""
        if self._again:
            order_id = self._again.popleft()
            return _Sending(order_id, self._accepted[order_id], "repeat", "sync")
        if self._confirmed and self._rng.random() < REPEATED:
            return _Sending(*self._rng.choice(self._confirmed), "repeat", "sync")
        event = order(next(self._numbers), self._rng)
        mode: Mode = "async" if self._rng.random() < self._needs.asynchronous else "sync"
        return _Sending(event["orderId"], canonical(event), "order", mode)

    def _late(self) -> bool:
        return bool(self._ended) and time.time() > self._ended + LAST_ANSWER_SECONDS

    async def _attempt(self, client: LambdaClient, sending: _Sending, tried: int) -> Answer:
        sent = time.time()
        headers: Mapping[str, str] = {}
        qualifier = self._outputs["lambdaAliasName"]
        try:
            status, headers, body = await client.send(qualifier, sending.payload, sending.mode)
            outcome, reason = judge(status, headers, body)
        except (aiohttp.ClientError, TimeoutError) as error:
            status, body = 0, b""
            outcome, reason = "transportError", type(error).__name__
        answer = Answer(
            sending.order_id,
            sending.mode,
            outcome,
            reason,
            sent,
            time.time(),
            headers.get("X-Amz-Executed-Version", ""),
        )
        result = digest(json.loads(body)) if outcome == "confirmed" else None
        request_id = headers.get("x-amzn-RequestId")
        self._books.answered(sending.attempt(answer, status, request_id, result, tried))
        self.answers.append(answer)
        return answer


def judge(status: int, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """Return what an answer of Lambda's means, under the load test's names, and why."""
    if status == 202:
        return "accepted", ""
    if status not in (200, 429):
        return "transportError", f"HTTP {status}"
    document = json.loads(body)
    if status == 429:
        return "throttled", str(document.get("Reason", ""))
    if "X-Amz-Function-Error" in headers:
        return "functionError", str(document.get("errorType", headers["X-Amz-Function-Error"]))
    if document.get("status") not in ("confirmed", "rejected"):
        return "functionError", "UnknownResult"
    return str(document["status"]), ""
