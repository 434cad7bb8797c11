"""Log events on their way to CloudWatch Logs, and the metrics that some of them carry."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.metrics.store import Metric
from emulator.emf import EmfError, extract
from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.aws import Credentials, StorageCall
    from emulator.clock import Clock
    from emulator.cloudwatch.metrics.store import MetricStore

BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
"""Limits of PutLogEvents; each event counts its UTF-8 bytes and 26 more (API reference)."""
EVENT_OVERHEAD = 26
INTERVAL = 0.5
"""Real seconds between two deliveries."""

KEPT_EVENTS = 500_000
"""Events that storage keeps: in memory each takes it nearly a kilobyte."""

_ATTEMPTS = 5
_AT_ONCE = 8
_MAX_PENDING_BYTES = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One log event; `size` in bytes as PutLogEvents counts it."""

    timestamp_ms: int
    message: str
    size: int


@dataclass(slots=True)
class _Stream:
    """The events of one log stream that are not delivered yet."""

    group: str
    name: str
    credentials: Credentials
    events: deque[Event] = field(default_factory=deque)
    failures: int = 0


class Kept:
    """How many events of which stream storage keeps, so that a long run stays within bounds."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._total = 0
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, stream: tuple[str, str], count: int) -> list[tuple[str, str]]:
        """Count `count` more events of `stream`; the streams to delete, begun the longest ago."""
        self._counts[stream] = self._counts.get(stream, 0) + count
        self._total += count
        deleted = []
        while self._total > self._limit:
            oldest = next(iter(self._counts))
            self._total -= self._counts.pop(oldest)
            deleted.append(oldest)
        return deleted


class LogDelivery:
    """Queues log events and delivers them per stream with the execution role's credentials.

    `write` never blocks or fails. A delivery that is refused is counted in `refused` (events) and
    told once per log group and reason; what is delivered is read for embedded metrics. Beyond
    `kept` events whole streams are deleted, and one that is written to begins anew.
    """

    def __init__(
        self,
        storage_call: StorageCall,
        root: Credentials,
        store: MetricStore,
        clock: Clock,
        kept: int = KEPT_EVENTS,
    ) -> None:
        self._call = storage_call
        self._root = root
        self._store = store
        self._clock = clock
        self._kept = Kept(kept)
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._pending_bytes = 0
        self._told: set[tuple[str, str]] = set()
        self._delivering = asyncio.Lock()
        self.delivered = 0
        self.refused = 0

    def write(
        self, group: str, stream: str, credentials: Credentials, timestamp_ms: int, message: str
    ) -> None:
        """Queue one log event; an empty message is none, one above 1 MB is cut."""
        if not message:
            return
        event = _event(timestamp_ms, message)
        if self._pending_bytes + event.size > _MAX_PENDING_BYTES:
            self._refuse(group, "the events waiting exceed 64 MB", 1)
            return
        found = self._streams.get((group, stream))
        if found is None:
            found = self._streams[(group, stream)] = _Stream(group, stream, credentials)
        found.credentials = credentials
        found.events.append(event)
        self._pending_bytes += event.size

    async def run(self) -> None:
        """Deliver what is queued every half second until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            await asyncio.shield(self.flush())  # cancelled half-way it would lose a batch

    async def flush(self) -> None:
        """Deliver all that was queued before the call."""
        async with self._delivering:
            gate = asyncio.Semaphore(_AT_ONCE)
            await asyncio.gather(*(self._drain(item, gate) for item in [*self._streams.values()]))

    async def _drain(self, stream: _Stream, gate: asyncio.Semaphore) -> None:
        async with gate:
            waiting = len(stream.events)
            while waiting > 0:
                batch = _next_batch(stream.events)
                self._pending_bytes -= sum(event.size for event in batch)
                waiting -= len(batch)
                if not await self._deliver(stream, batch):
                    break
        if not stream.events:
            del self._streams[(stream.group, stream.name)]

    async def _deliver(self, stream: _Stream, batch: list[Event]) -> bool:
        """Deliver `batch`; False to leave the rest of the stream for later."""
        try:
            await self._put(stream, batch)
        except AwsError as error:
            stream.failures += 1
            if error.status >= 500 and stream.failures < _ATTEMPTS:
                stream.events.extendleft(reversed(batch))
                self._pending_bytes += sum(event.size for event in batch)
                return False
            self._refuse(stream.group, f"{error.code}: {error.message}", len(batch), error.code)
            return True
        stream.failures = 0
        self.delivered += len(batch)
        for event in batch:
            self._extract(stream.group, event)
        for group, name in self._kept.add((stream.group, stream.name), len(batch)):
            await self._delete(group, name)
        return True

    async def _delete(self, group: str, name: str) -> None:
        self._tell(group, "deleted", f"The oldest log streams of {group} are deleted: too much log")
        with contextlib.suppress(AwsError):  # gone already
            names = {"logGroupName": group, "logStreamName": name}
            await self._call("logs", "DeleteLogStream", names, self._root)

    async def _put(self, stream: _Stream, batch: list[Event]) -> None:
        """PutLogEvents; a stream that is missing, and its group if the role may, is created."""
        names = {"logGroupName": stream.group, "logStreamName": stream.name}
        ordered = sorted(batch, key=lambda event: event.timestamp_ms)
        events = [{"timestamp": item.timestamp_ms, "message": item.message} for item in ordered]
        payload = {**names, "logEvents": events}
        try:
            await self._call("logs", "PutLogEvents", payload, stream.credentials)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._create(names, stream.credentials)
            await self._call("logs", "PutLogEvents", payload, stream.credentials)

    async def _create(self, names: dict[str, Any], credentials: Credentials) -> None:
        try:
            await self._create_once("CreateLogStream", names, credentials)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            group = {"logGroupName": names["logGroupName"]}
            await self._create_once("CreateLogGroup", group, credentials)
            await self._create_once("CreateLogStream", names, credentials)

    async def _create_once(
        self, operation: str, payload: dict[str, Any], credentials: Credentials
    ) -> None:
        try:
            await self._call("logs", operation, payload, credentials)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    def _extract(self, group: str, event: Event) -> None:
        now = self._clock.now()
        try:
            samples = extract(event.message, now)
        except EmfError as error:
            dimensions = (("LogGroupName", group),)
            self._store.put("AWS/Logs", error.kind, dimensions, 1.0, now, "Count")
            return
        for item in samples:
            self._store.put(
                item.namespace, item.name, item.dimensions, item.value, item.timestamp, item.unit
            )
            if item.resolution == 1:
                metric = Metric.of(item.namespace, item.name, item.dimensions)
                self._store.second_at(metric, item.unit, item.timestamp).add(item.value)

    def _refuse(self, group: str, reason: str, count: int, kind: str = "") -> None:
        self.refused += count
        self._tell(group, kind, f"Log events of {group} are lost: {reason}")

    def _tell(self, group: str, kind: str, text: str) -> None:
        """Warn once per log group and kind."""
        if (group, kind) not in self._told:
            self._told.add((group, kind))
            _log.warning(text)


def _event(timestamp_ms: int, message: str) -> Event:
    encoded = message.encode(errors="replace")
    size = len(encoded) + EVENT_OVERHEAD
    if size <= BATCH_BYTES:
        return Event(timestamp_ms, message, size)
    cut = encoded[: BATCH_BYTES - EVENT_OVERHEAD].decode(errors="ignore")
    return Event(timestamp_ms, cut, BATCH_BYTES)


def _next_batch(events: deque[Event]) -> list[Event]:
    """Take from `events` as many as one PutLogEvents may carry."""
    batch: list[Event] = []
    size = 0
    while events and len(batch) < BATCH_EVENTS and size + events[0].size <= BATCH_BYTES:
        event = events.popleft()
        size += event.size
        batch.append(event)
    return batch
