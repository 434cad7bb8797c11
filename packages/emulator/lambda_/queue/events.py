"""The queue of asynchronous invocations: accepted with 202, then run until done or given up."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.lambda_.queue.retries import ZERO_RESERVED, GiveUp, Retry, after_error, after_throttle
from emulator.lambda_.queue.undelivered import Record
from emulator.lambda_.runtime.concurrency import Throttled
from emulator.lambda_.runtime.outcome import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from emulator.clock import Clock
    from emulator.lambda_.queue.undelivered import Undelivered
    from emulator.lambda_.runtime.concurrency import ConcurrentExecution
    from emulator.lambda_.runtime.environment import Job
    from emulator.lambda_.runtime.executions import Executions
    from emulator.lambda_.runtime.metrics import LambdaMetrics
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.model import EventInvokeConfig, Target
    from emulator.lambda_.state.registry import Registry


FIRST_LIMIT = 10.0
LAST_LIMIT = 50.0
"""Events of one function that are run at a time, at first and at most: how fast Lambda reads its
queue is not documented, and here each more is a process on one machine."""


@dataclass(slots=True, eq=False)
class QueuedEvent:
    """One accepted event; its target is resolved anew for each attempt."""

    job: Job
    received_at: float
    errors: int = 0
    throttles: int = 0
    outcome: Outcome | None = None


@dataclass(slots=True)
class _Reader:
    """One function's part of the queue, and how fast it is read.

    After a throttle no more is read at a time than was running then, and from there one more per
    round trip: the documented slowing down, which spares a long queue a throttle per event.
    """

    ready: deque[QueuedEvent] = field(default_factory=deque)
    delayed: list[tuple[float, int, QueuedEvent]] = field(default_factory=list)
    running: set[QueuedEvent] = field(default_factory=set)
    limit: float = FIRST_LIMIT
    paused_until: float = 0.0
    timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self.ready) + len(self.delayed) + len(self.running)


class EventQueue:
    """Runs accepted events; whatever is not done when asked is still counted by `queued`."""

    def __init__(
        self,
        registry: Registry,
        executions: Executions,
        undelivered: Undelivered,
        metrics: LambdaMetrics,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._executions = executions
        self._undelivered = undelivered
        self._metrics = metrics
        self._clock = clock
        self._readers: dict[str, _Reader] = {}
        self._order = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, job: Job) -> None:
        """Accept `job`; its first attempt follows as soon as there is concurrency for it."""
        name = job.target.version.function_name
        reader = self._readers.setdefault(name, _Reader())
        reader.ready.append(QueuedEvent(job, time.time()))
        self._metrics.event("AsyncEventsReceived", job.target, 1.0, time.time())
        self._read(reader)

    def queued(self) -> Counter[str]:
        """Events neither processed nor given up, by function name."""
        return Counter({name: len(reader) for name, reader in self._readers.items() if len(reader)})

    def close(self) -> None:
        """Stop running events; what was running counts as queued."""
        for reader in self._readers.values():
            if reader.timer is not None:
                reader.timer.cancel()
        for task in self._tasks:
            task.cancel()

    def _read(self, reader: _Reader) -> None:
        """Start what may start now, and see to it that the rest is looked at in time."""
        now = time.monotonic()
        while reader.delayed and reader.delayed[0][0] <= now:
            reader.ready.append(heapq.heappop(reader.delayed)[2])
        while reader.ready and len(reader.running) < reader.limit and now >= reader.paused_until:
            self._begin(reader, reader.ready.popleft())
        self._schedule(reader)

    def _schedule(self, reader: _Reader) -> None:
        if reader.timer is not None:
            reader.timer.cancel()
            reader.timer = None
        due = [reader.delayed[0][0]] if reader.delayed else []
        if reader.ready and not reader.running:
            due.append(reader.paused_until)
        if due:
            loop = asyncio.get_running_loop()
            delay = max(0.0, min(due) - time.monotonic())
            reader.timer = loop.call_later(delay, self._read, reader)

    def _begin(self, reader: _Reader, event: QueuedEvent) -> None:
        """Make one attempt at `event`, or find that it cannot be made now or ever."""
        target = event.job.target
        name = target.version.function_name
        try:
            target = self._registry.resolve(name, _qualifier(target), queued=True)
        except AwsError as error:
            if error.status == 404:
                self._give_up(reader, event, target, GiveUp("FunctionNotFound"))
            else:
                self._postpone(reader, event, target)
            return
        event.job = replace(event.job, target=target)
        if self._registry.reserved_concurrency(name) == 0:
            self._metrics.throttled(target, time.time())
            self._give_up(reader, event, target, GiveUp(ZERO_RESERVED))
            return
        if self._age(event) >= self._config(target).maximum_event_age_seconds:
            self._give_up(reader, event, target, GiveUp("EventAgeExceeded"))
            return
        try:
            execution = self._executions.acquire(target, synchronous=False)
        except Throttled:
            self._postpone(reader, event, target)
            return
        self._start(reader, self._attempt(reader, event, execution), event)

    async def _attempt(
        self, reader: _Reader, event: QueuedEvent, execution: ConcurrentExecution
    ) -> None:
        target = event.job.target
        self._metrics.event("AsyncEventAge", target, self._age(event) * 1000, time.time())
        try:
            event.outcome = await self._executions.run(execution, event.job)
        except AwsError:
            reader.running.discard(event)
            self._postpone(reader, event, target)
            self._read(reader)
            return
        if event.outcome.ending.status == SUCCESS:
            await self._undelivered.succeeded(self._record(event, "Success"), self._config(target))
            reader.running.discard(event)
        else:
            event.errors += 1
            await self._after_error(reader, event, target)
        reader.limit = min(LAST_LIMIT, reader.limit + 1.0 / reader.limit)
        self._read(reader)

    async def _after_error(self, reader: _Reader, event: QueuedEvent, target: Target) -> None:
        verdict = after_error(event.errors, self._age(event), self._config(target))
        if isinstance(verdict, Retry):
            reader.running.discard(event)
            self._delay(reader, event, verdict.delay)
        else:
            await self._drop(reader, event, target, verdict)

    def _postpone(self, reader: _Reader, event: QueuedEvent, target: Target) -> None:
        """Back to the queue after a throttle or a service error."""
        event.throttles += 1
        verdict = after_throttle(event.throttles, self._age(event), self._config(target))
        if isinstance(verdict, GiveUp):
            self._give_up(reader, event, target, verdict)
            return
        self._delay(reader, event, verdict.delay)
        reader.limit = max(1.0, float(len(reader.running)))
        if not reader.running:
            reader.paused_until = time.monotonic() + self._clock.wait(1.0)

    def _delay(self, reader: _Reader, event: QueuedEvent, aws_seconds: float) -> None:
        due = time.monotonic() + self._clock.wait(aws_seconds)
        heapq.heappush(reader.delayed, (due, next(self._order), event))

    def _give_up(
        self, reader: _Reader, event: QueuedEvent, target: Target, verdict: GiveUp
    ) -> None:
        self._start(reader, self._drop(reader, event, target, verdict), event)

    async def _drop(
        self, reader: _Reader, event: QueuedEvent, target: Target, verdict: GiveUp
    ) -> None:
        self._metrics.event("AsyncEventsDropped", target, 1.0, time.time())
        record = self._record(event, verdict.condition)
        await self._undelivered.failed(record, self._config(target))
        reader.running.discard(event)

    def _start(
        self, reader: _Reader, work: Coroutine[None, None, None], event: QueuedEvent
    ) -> None:
        reader.running.add(event)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _age(self, event: QueuedEvent) -> float:
        """AWS seconds since the event was accepted."""
        return (time.time() - event.received_at) * self._clock.scale

    def _config(self, target: Target) -> EventInvokeConfig:
        name = target.version.function_name
        return self._registry.event_invoke_config(name, target.qualifier)

    def _record(self, event: QueuedEvent, condition: str) -> Record:
        return Record(event.job, event.errors, condition, event.outcome)


def _qualifier(target: Target) -> str | None:
    """The qualifier to resolve again: none for a call that gave none."""
    return target.qualifier if ":" in target.resource else None
