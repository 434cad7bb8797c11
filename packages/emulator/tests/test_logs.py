from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from emulator.aws import Credentials
from emulator.cloudwatch.metrics.distribution import parse_statistic
from emulator.cloudwatch.metrics.store import Metric, MetricStore
from emulator.errors import AwsError
from emulator.logs import BATCH_BYTES, BATCH_EVENTS, EVENT_OVERHEAD, LogDelivery
from emulator.tests.cloudwatch_client import NOON, SteppedClock
from emulator.tests.embedded import event
from hypothesis import given
from hypothesis import strategies as st

ROLE = Credentials("role", "secret")
ROOT = Credentials("root", "secret")


GROUP = "/aws/lambda/f"


class FakeLogs:
    """CloudWatch Logs as far as delivery needs it."""

    def __init__(self, *, may_create_group: bool = True) -> None:
        self.may_create_group = may_create_group
        self.groups: set[str] = set()
        self.streams: dict[tuple[str, str], list[list[dict[str, Any]]]] = {}
        self.failures: list[AwsError] = []
        self.calls: list[str] = []
        self.signed_by: set[str] = set()

    async def __call__(
        self, service: str, operation: str, payload: dict[str, Any], credentials: Credentials
    ) -> dict[str, Any]:
        """Answer one call, or fail as told to."""
        assert service == "logs"
        await asyncio.sleep(0)
        self.calls.append(operation)
        self.signed_by.add(credentials.access_key_id)
        if self.failures:
            raise self.failures.pop(0)
        getattr(self, operation)(payload)
        return {}

    def PutLogEvents(self, payload: dict[str, Any]) -> None:  # noqa: N802 - AWS's name
        """Take a batch if the stream exists."""
        stream = (payload["logGroupName"], payload["logStreamName"])
        if stream not in self.streams:
            raise AwsError("ResourceNotFoundException", "no such stream")
        self.streams[stream].append(payload["logEvents"])

    def CreateLogStream(self, payload: dict[str, Any]) -> None:  # noqa: N802 - AWS's name
        """Create a stream if its group exists."""
        if payload["logGroupName"] not in self.groups:
            raise AwsError("ResourceNotFoundException", "no such group")
        self.streams.setdefault((payload["logGroupName"], payload["logStreamName"]), [])

    def CreateLogGroup(self, payload: dict[str, Any]) -> None:  # noqa: N802 - AWS's name
        """Create a group if the role may."""
        if not self.may_create_group:
            raise AwsError("AccessDeniedException", "not authorized to CreateLogGroup")
        self.groups.add(payload["logGroupName"])

    def DeleteLogStream(self, payload: dict[str, Any]) -> None:  # noqa: N802 - AWS's name
        """Delete a stream."""
        del self.streams[(payload["logGroupName"], payload["logStreamName"])]

    def messages(self, stream: str = "s") -> list[str]:
        """What a stream holds."""
        return [event["message"] for batch in self.streams[(GROUP, stream)] for event in batch]


def delivery(logs: FakeLogs) -> tuple[LogDelivery, MetricStore]:
    """A delivery to `logs`, and the store it fills."""
    clock = SteppedClock()
    store = MetricStore(clock)
    return LogDelivery(logs, ROOT, store, clock), store


def write(to: LogDelivery, *messages: str, stream: str = "s") -> None:
    """One event a millisecond."""
    for index, message in enumerate(messages):
        to.write(GROUP, stream, ROLE, int(NOON * 1000) + index, message)


def total(store: MetricStore, metric: Metric) -> float | None:
    """The sum in the minute from noon."""
    grid = store.grid(NOON, NOON + 60, 60)
    (point,) = store.points(metric, parse_statistic("Sum"), grid)
    return None if point is None else point.value


def test_events_arrive_in_order_with_the_roles_credentials() -> None:
    """What is written is delivered, stream and group created on the way."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    write(to, "START", "hello", "END")
    asyncio.run(to.flush())
    assert logs.messages() == ["START", "hello", "END"]
    assert (logs.signed_by, to.delivered, to.refused) == ({"role"}, 3, 0)


def test_an_existing_stream_costs_one_call() -> None:
    """Nothing is created that is there already."""
    logs = FakeLogs()
    logs.groups.add(GROUP)
    logs.streams[(GROUP, "s")] = []
    to, _ = delivery(logs)
    write(to, "a", "b")
    asyncio.run(to.flush())
    assert logs.calls == ["PutLogEvents"]


def test_events_of_a_batch_are_in_the_order_of_time() -> None:
    """CloudWatch Logs API reference, PutLogEvents: a batch must be chronological."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    to.write(GROUP, "s", ROLE, 2, "late")
    to.write(GROUP, "s", ROLE, 1, "early")
    asyncio.run(to.flush())
    assert logs.messages() == ["early", "late"]


def test_beyond_so_many_events_the_oldest_streams_go(caplog: pytest.LogCaptureFixture) -> None:
    """A long run fills no memory without end; a stream that is written to begins anew."""
    logs = FakeLogs()
    to = LogDelivery(logs, ROOT, MetricStore(SteppedClock()), SteppedClock(), kept=5)
    for stream, message in (("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("c", "5")):
        write(to, message, stream=stream)
        asyncio.run(to.flush())
    assert {name for _, name in logs.streams} == {"a", "b", "c"}
    write(to, "6", stream="a")
    asyncio.run(to.flush())
    assert {name for _, name in logs.streams} == {"b", "c"}
    write(to, "7", stream="a")
    asyncio.run(to.flush())
    assert [logs.messages(name) for name in "abc"] == [["7"], ["2"], ["4", "5"]]
    assert caplog.messages == [f"The oldest log streams of {GROUP} are deleted: too much log"]


@given(st.lists(st.integers(1, 300_000), min_size=1, max_size=40))
def test_batches_keep_the_limits_of_putlogevents(sizes: list[int]) -> None:
    """CloudWatch Logs API reference, PutLogEvents: at most 1 MB with 26 bytes an event."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    write(to, *("x" * size for size in sizes))
    asyncio.run(to.flush())
    batches = logs.streams[(GROUP, "s")]
    for batch in batches:
        assert sum(len(item["message"]) + EVENT_OVERHEAD for item in batch) <= BATCH_BYTES
    assert [len(item["message"]) for batch in batches for item in batch] == sizes


def test_batches_are_as_large_as_they_may_be() -> None:
    """CloudWatch Logs API reference, PutLogEvents: full batches, one of them exactly 1 MB."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    half = "x" * (BATCH_BYTES // 2 - EVENT_OVERHEAD)
    write(to, half, half, half + "x", half)
    asyncio.run(to.flush())
    assert [len(batch) for batch in logs.streams[(GROUP, "s")]] == [2, 1, 1]


def test_batches_keep_the_number_of_events() -> None:
    """CloudWatch Logs API reference, PutLogEvents: at most 10,000 events."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    write(to, *["x"] * (BATCH_EVENTS + 1))
    asyncio.run(to.flush())
    assert [len(batch) for batch in logs.streams[(GROUP, "s")]] == [BATCH_EVENTS, 1]


def test_an_event_above_the_limit_is_cut_and_an_empty_one_dropped() -> None:
    """N18 (CloudWatch User Guide, EMF specification): a log event is at most 1 MB."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    write(to, "", "é" * BATCH_BYTES)
    asyncio.run(to.flush())
    (message,) = logs.messages()
    assert BATCH_BYTES - EVENT_OVERHEAD - 2 < len(message.encode()) <= BATCH_BYTES


def test_a_refusal_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """A role that may not write its logs loses them without failing anything."""
    logs = FakeLogs(may_create_group=False)
    to, _ = delivery(logs)

    async def deliver_twice() -> None:
        for _ in range(2):
            write(to, "a", "b")
            await to.flush()

    with caplog.at_level(logging.WARNING, "emulator.logs"):
        asyncio.run(deliver_twice())
    assert (to.delivered, to.refused) == (0, 4)
    assert [record.getMessage() for record in caplog.records] == [
        f"Log events of {GROUP} are lost: AccessDeniedException: not authorized to CreateLogGroup"
    ]


def test_a_failing_service_is_asked_again() -> None:
    """A 5xx keeps the events, in order, for the next delivery."""
    logs = FakeLogs()
    logs.failures = [AwsError("ServiceUnavailable", "down", 503)]
    to, _ = delivery(logs)

    async def deliver_twice() -> None:
        for message in ("a", "b", "c"):
            to.write(GROUP, "s", ROLE, int(NOON * 1000), message)
        await to.flush()
        await to.flush()

    asyncio.run(deliver_twice())
    assert logs.messages() == ["a", "b", "c"]
    assert to.refused == 0


def test_a_service_that_stays_down_loses_events_in_the_end() -> None:
    """Retries are bounded, so that memory is."""
    logs = FakeLogs()
    logs.failures = [AwsError("ServiceUnavailable", "down", 503) for _ in range(50)]
    to, _ = delivery(logs)

    async def deliver() -> None:
        write(to, "a")
        for _ in range(10):
            await to.flush()

    asyncio.run(deliver())
    assert (to.refused, logs.failures) == (1, logs.failures[:45])


def test_streams_are_delivered_apart() -> None:
    """Each log stream has its own calls, and is forgotten once it is empty."""
    logs = FakeLogs()
    to, _ = delivery(logs)
    for stream in ("one", "two"):
        write(to, stream, stream=stream)
    asyncio.run(to.flush())
    assert (logs.messages("one"), logs.messages("two")) == (["one"], ["two"])
    assert to._streams == {}


def test_delivered_events_become_metrics() -> None:
    """M26, M29 (CloudWatch Logs User Guide, monitoring): metrics, and errors per log group."""
    logs = FakeLogs()
    to, store = delivery(logs)
    bad = json.dumps(event(OrdersConfirmed="1"))
    write(to, json.dumps(event()), bad, '{"_aws": {"CloudWatchMetrics": [', "plain")
    asyncio.run(to.flush())
    group = [("LogGroupName", GROUP)]
    found = [
        total(store, Metric.of("OrderProcessing", "OrdersConfirmed", [("service", "orders")])),
        total(store, Metric.of("AWS/Logs", "EMFValidationErrors", group)),
        total(store, Metric.of("AWS/Logs", "EMFParsingErrors", group)),
    ]
    assert found == [3.0, 1.0, 1.0]
    assert len(logs.messages()) == 4


def test_refused_events_become_no_metrics() -> None:
    """Metrics are read from what CloudWatch Logs has taken."""
    to, store = delivery(FakeLogs(may_create_group=False))
    write(to, json.dumps(event()))
    asyncio.run(to.flush())
    assert list(store.metrics()) == []


def test_run_delivers_until_cancelled() -> None:
    """The loop delivers by itself, and ends when it is cancelled."""
    logs = FakeLogs()
    to, _ = delivery(logs)

    async def scenario() -> None:
        task = asyncio.create_task(to.run())
        write(to, "a")
        for _ in range(200):
            if to.delivered:
                break
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert logs.messages() == ["a"]
