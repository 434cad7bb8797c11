"""Sends the planned events, as many callers would, and waits for what was accepted."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from load.run_log.classify import classify
from load.run_log.digests import content_digest as digest
from service.probes import load

from rehearsal.faults.kinds import THROTTLED
from rehearsal.faults.run_log import Answer, Sent
from rehearsal.faults.settings import TIME_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from load.run_log.classify import Classified, Reply

    from rehearsal.callers.client import LambdaClient
    from rehearsal.faults.environments import Environments
    from rehearsal.faults.plan import Delivery, PlannedEvent
    from rehearsal.faults.proxy import FaultProxy
    from rehearsal.faults.run_log import RunLog
    from rehearsal.faults.settings import Settings

MAX_THROTTLES = 12
_SQUEEZE_SECONDS = 0.15
_RETRY_SECONDS = 60 / TIME_SCALE
_HELD_SECONDS = 2.0
"""How long a struck environment may take to be handed the event."""


class Driver:
    """The callers of one run."""

    def __init__(
        self,
        settings: Settings,
        client: LambdaClient,
        proxy: FaultProxy,
        environments: Environments,
        run_log: RunLog,
    ) -> None:
        self._settings = settings
        self._probes = load(settings.service)
        self._client = client
        self._proxy = proxy
        self._environments = environments
        self._run_log = run_log
        self._qualifiers: Mapping[str, Sequence[str]] = {}
        self._lanes: asyncio.Queue[str] = asyncio.Queue()
        self._squeezing = asyncio.Lock()
        self._started_at = time.time()
        self.accepted: set[tuple[str, str]] = set()
        """Ids and digests that Lambda took on with 202."""
        self.met: Counter[str] = Counter()
        """What befell an event outside the proxy, by its id."""

    async def run(
        self,
        units: Sequence[Sequence[PlannedEvent]],
        qualifiers: Mapping[str, Sequence[str]],
        started_at: float,
    ) -> None:
        """Send everything; returns when every synchronous caller has its last answer."""
        self._qualifiers, self._started_at = qualifiers, started_at
        for lane in qualifiers["lane"]:
            self._lanes.put_nowait(lane)
        # What waits for a lane must not keep the other callers waiting.
        struck = [unit for unit in units if _is_struck(unit)]
        others = iter([unit for unit in units if not _is_struck(unit)])

        async def caller() -> None:
            for unit in others:
                await self._unit(unit)

        async with asyncio.TaskGroup() as group:
            for unit in struck:
                group.create_task(self._unit(unit))
            for _ in range(self._settings.clients):
                group.create_task(caller())

    async def _unit(self, unit: Sequence[PlannedEvent]) -> None:
        for event in unit:
            self._proxy.script(event.event_id, event.recipe.faults)
        if unit[0].kind == THROTTLED:
            await self._squeezed(unit)
        elif _is_struck(unit):
            await self._in_lane(unit[0])
        else:
            await asyncio.gather(*(self._event(event) for event in unit))

    async def _squeezed(self, unit: Sequence[PlannedEvent]) -> None:
        """Send a unit while the concurrency is 1, for this unit and everybody else."""
        async with self._squeezing:
            await self._client.reserve(1)
            tasks = [asyncio.create_task(self._event(event)) for event in unit]
            await asyncio.sleep(_SQUEEZE_SECONDS)
            await self._client.reserve(self._settings.concurrency)
        await asyncio.gather(*tasks)

    async def _in_lane(self, event: PlannedEvent) -> None:
        lane = await self._lanes.get()
        try:
            await self._event(event, lane)
            if event.recipe.deliveries[0].mode == "async":
                await self._retried(event)
        finally:
            self._lanes.put_nowait(lane)

    async def _retried(self, event: PlannedEvent) -> None:
        """Wait until a struck event was tried again: the lane's next event needs it to be quiet."""
        await asyncio.sleep(_RETRY_SECONDS)
        await _until(lambda: self._proxy.written[event.event_id] > 0, 5.0)

    async def _event(self, event: PlannedEvent, lane: str = "") -> None:
        numbered = enumerate(event.recipe.deliveries)
        for _, wave in groupby(numbered, key=lambda pair: pair[1].wave):
            deliveries = list(wave)
            await asyncio.sleep(max(delivery.pause for _, delivery in deliveries))
            await asyncio.gather(*(self._deliver(event, *each, lane) for each in deliveries))

    async def _deliver(
        self, event: PlannedEvent, number: int, delivery: Delivery, lane: str
    ) -> None:
        """Send one delivery, again after a throttle, and after an error as its recipe says."""
        content = event.recipe.contents[delivery.variant].event(self._started_at)
        payload = json.dumps(content, ensure_ascii=False).encode()
        sent = Sent(event.event_id, number, delivery.mode, digest(content))
        throttles = errors = 0
        strike = delivery.strike
        pause = random.Random(f"{event.event_id}/{number}")  # noqa: S311 - spreads the callers
        while True:
            self._run_log.note(sent)
            classified = await self._attempt(sent, payload, delivery, lane, strike)
            strike = None
            if classified.outcome == "throttled" and throttles < MAX_THROTTLES:
                throttles += 1
                self.met[event.event_id] += event.kind == THROTTLED
                await asyncio.sleep(pause.uniform(0.5, 1.0) * min(1.0, 0.02 * 2**throttles))
            elif classified.failed and errors < event.recipe.retries:
                errors += 1
                await asyncio.sleep(pause.uniform(0.01, 0.1))
            else:
                return

    async def _attempt(
        self, sent: Sent, payload: bytes, delivery: Delivery, lane: str, strike: float | None
    ) -> Classified:
        qualifier = lane or self._qualifiers[delivery.target][0]
        if strike is not None:
            reply = await self._struck(sent, payload, delivery, lane, strike)
        else:
            reply = await self._invoke(qualifier, payload, delivery)
        classified = classify(reply, self._probes)
        if classified.outcome == "accepted":
            self.accepted.add((sent.event_id, sent.digest))
        if delivery.target == "unreachable" or sent.number > 0:
            self.met[sent.event_id] += 1
        body = json.loads(reply.body) if classified.outcome in ("confirmed", "rejected") else None
        answer = (classified.outcome, body, classified.reason)
        self._run_log.note(Answer(sent.event_id, sent.number, sent.mode, sent.digest, *answer))
        return classified

    async def _invoke(self, qualifier: str, payload: bytes, delivery: Delivery) -> Reply:
        asynchronous = delivery.mode == "async"
        return await self._client.invoke(qualifier, payload, asynchronous=asynchronous)

    async def _struck(
        self, sent: Sent, payload: bytes, delivery: Delivery, lane: str, strike: float
    ) -> Reply:
        """Stop the lane's environment, let it be given the event, and kill it there or later on."""
        pid = self._environments.of_version(lane)
        if pid is None:
            await self._client.invoke(lane, b"{}")
            pid = self._environments.of_version(lane)
        # It answers before it asks for the next event, and only a waiting one is given any.
        await asyncio.sleep(0.01)
        if pid is None:
            return await self._invoke(lane, payload, delivery)
        self._environments.signal(pid, signal.SIGSTOP)
        call = asyncio.create_task(self._invoke(lane, payload, delivery))
        await _until(lambda: self._environments.has_unread(pid), _HELD_SECONDS)
        if strike:
            self._environments.signal(pid, signal.SIGCONT)
            await asyncio.sleep(strike)
        self._environments.signal(pid, signal.SIGKILL)
        self.met[sent.event_id] += 1
        return await call


async def _until(seen: Callable[[], bool], seconds: float) -> None:
    """Look until something is seen, for so many seconds at most: nothing tells of it."""
    deadline = time.monotonic() + seconds
    while not seen() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.002)


def _is_struck(unit: Sequence[PlannedEvent]) -> bool:
    return unit[0].recipe.deliveries[0].strike is not None
