"""Sends the planned orders, as many callers would, and waits for what was accepted."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rehearsal.faults.kinds import THROTTLED
from rehearsal.faults.ledger import Answer, Sent
from rehearsal.faults.orders import digest
from rehearsal.faults.settings import TIME_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rehearsal.faults.client import LambdaClient
    from rehearsal.faults.environments import Environments
    from rehearsal.faults.ledger import Ledger, Outcome
    from rehearsal.faults.plan import Delivery, PlannedOrder
    from rehearsal.faults.proxy import FaultProxy
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
        ledger: Ledger,
    ) -> None:
        self._settings = settings
        self._client = client
        self._proxy = proxy
        self._environments = environments
        self._ledger = ledger
        self._qualifiers: Mapping[str, Sequence[str]] = {}
        self._lanes: asyncio.Queue[str] = asyncio.Queue()
        self._squeezing = asyncio.Lock()
        self._started_at = time.time()
        self.accepted: set[tuple[str, str]] = set()
        """Order ids and digests that Lambda took on with 202."""
        self.met: Counter[str] = Counter()
        """What befell an order outside the proxy, by order id."""

    async def run(
        self,
        units: Sequence[Sequence[PlannedOrder]],
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

    async def _unit(self, unit: Sequence[PlannedOrder]) -> None:
        for order in unit:
            self._proxy.script(order.order_id, order.recipe.faults)
        if unit[0].kind == THROTTLED:
            await self._squeezed(unit)
        elif _is_struck(unit):
            await self._in_lane(unit[0])
        else:
            await asyncio.gather(*(self._order(order) for order in unit))

    async def _squeezed(self, unit: Sequence[PlannedOrder]) -> None:
        """Send a unit while the function has one slot, for this unit and everybody else."""
        async with self._squeezing:
            await self._client.reserve(1)
            tasks = [asyncio.create_task(self._order(order)) for order in unit]
            await asyncio.sleep(_SQUEEZE_SECONDS)
            await self._client.reserve(self._settings.slots)
        await asyncio.gather(*tasks)

    async def _in_lane(self, order: PlannedOrder) -> None:
        lane = await self._lanes.get()
        try:
            await self._order(order, lane)
            if order.recipe.deliveries[0].mode == "async":
                await self._retried(order)
        finally:
            self._lanes.put_nowait(lane)

    async def _retried(self, order: PlannedOrder) -> None:
        """Wait until a struck event was tried again: the lane's next order needs it to be quiet."""
        await asyncio.sleep(_RETRY_SECONDS)
        await _until(lambda: self._proxy.written[order.order_id] > 0, 5.0)

    async def _order(self, order: PlannedOrder, lane: str = "") -> None:
        numbered = enumerate(order.recipe.deliveries)
        for _, wave in groupby(numbered, key=lambda pair: pair[1].wave):
            deliveries = list(wave)
            await asyncio.sleep(max(delivery.pause for _, delivery in deliveries))
            await asyncio.gather(*(self._deliver(order, *each, lane) for each in deliveries))

    async def _deliver(
        self, order: PlannedOrder, number: int, delivery: Delivery, lane: str
    ) -> None:
        """Send one delivery, again after a throttle, and after an error as the order says."""
        event = order.recipe.contents[delivery.variant].event(self._started_at)
        payload = json.dumps(event, ensure_ascii=False).encode()
        sent = Sent(order.order_id, number, delivery.mode, digest(event))
        throttles = errors = 0
        strike = delivery.strike
        pause = random.Random(f"{order.order_id}/{number}")  # noqa: S311 - spreads the callers
        while True:
            self._ledger.note(sent)
            outcome = await self._attempt(sent, payload, delivery, lane, strike)
            strike = None
            if outcome == "throttled" and throttles < MAX_THROTTLES:
                throttles += 1
                self.met[order.order_id] += order.kind == THROTTLED
                await asyncio.sleep(pause.uniform(0.5, 1.0) * min(1.0, 0.02 * 2**throttles))
            elif outcome == "error" and errors < order.recipe.retries:
                errors += 1
                await asyncio.sleep(pause.uniform(0.01, 0.1))
            else:
                return

    async def _attempt(
        self, sent: Sent, payload: bytes, delivery: Delivery, lane: str, strike: float | None
    ) -> Outcome:
        qualifier = lane or self._qualifiers[delivery.target][0]
        if strike is not None:
            outcome, body = await self._struck(sent, payload, delivery, lane, strike)
        else:
            outcome, body = await self._client.invoke(qualifier, payload, delivery.mode)
        if outcome == "accepted":
            self.accepted.add((sent.order_id, sent.digest))
        if delivery.target == "unreachable" or sent.number > 0:
            self.met[sent.order_id] += 1
        self._ledger.note(Answer(sent.order_id, sent.number, sent.mode, sent.digest, outcome, body))
        return outcome

    async def _struck(
        self, sent: Sent, payload: bytes, delivery: Delivery, lane: str, strike: float
    ) -> tuple[Outcome, dict[str, Any] | None]:
        """Stop the lane's environment, let it be given the event, and kill it there or later on."""
        pid = self._environments.of_version(lane)
        if pid is None:
            await self._client.invoke(lane, b"{}", "sync")
            pid = self._environments.of_version(lane)
        # It answers before it asks for the next event, and only a waiting one is given any.
        await asyncio.sleep(0.01)
        if pid is None:
            return await self._client.invoke(lane, payload, delivery.mode)
        self._environments.signal(pid, signal.SIGSTOP)
        call = asyncio.create_task(self._client.invoke(lane, payload, delivery.mode))
        await _until(lambda: self._environments.has_unread(pid), _HELD_SECONDS)
        if strike:
            self._environments.signal(pid, signal.SIGCONT)
            await asyncio.sleep(strike)
        self._environments.signal(pid, signal.SIGKILL)
        self.met[sent.order_id] += 1
        return await call


async def _until(seen: Callable[[], bool], seconds: float) -> None:
    """Look until something is seen, for so many seconds at most: nothing tells of it."""
    deadline = time.monotonic() + seconds
    while not seen() and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.002)


def _is_struck(unit: Sequence[PlannedOrder]) -> bool:
    return unit[0].recipe.deliveries[0].strike is not None
