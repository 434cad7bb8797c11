from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from emulator.aws import Credentials
from emulator.clock import Clock
from emulator.cloudwatch.metrics.distribution import parse_statistic
from emulator.cloudwatch.metrics.store import Metric, MetricStore
from emulator.errors import AwsError
from emulator.sqs_metrics import QueueMetrics
from emulator.tests.cloudwatch_client import NOON, SteppedClock

ROOT = Credentials("root", "secret")


class FakeQueues:
    """SQS with a fixed number of messages per queue, one queue a page."""

    def __init__(self, **visible: int) -> None:
        self.visible = visible
        self.failure: AwsError | None = None
        self.calls = 0

    async def __call__(
        self, service: str, operation: str, payload: dict[str, Any], credentials: Credentials
    ) -> dict[str, Any]:
        """Answer one call, or fail as told to."""
        assert (service, credentials) == ("sqs", ROOT)
        await asyncio.sleep(0)
        self.calls += 1
        if self.failure:
            raise self.failure
        if operation == "ListQueues":
            return self.page(int(payload.get("NextToken", 0)))
        name = payload["QueueUrl"].rpartition("/")[2]
        if self.visible[name] < 0:
            raise AwsError("AWS.SimpleQueueService.NonExistentQueue", "gone")
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.visible[name])}}

    def page(self, place: int) -> dict[str, Any]:
        """One queue, and the token of the next."""
        names = list(self.visible)
        more = {"NextToken": str(place + 1)} if place + 1 < len(names) else {}
        urls = [f"http://sqs.test/123456789012/{name}" for name in names[place : place + 1]]
        return {"QueueUrls": urls, **more}


def visible(store: MetricStore, queue: str) -> float | None:
    """What the metric says of the minute from noon."""
    name = "ApproximateNumberOfMessagesVisible"
    metric = Metric.of("AWS/SQS", name, [("QueueName", queue)])
    (point,) = store.points(metric, parse_statistic("Maximum"), store.grid(NOON, NOON + 60, 60))
    return None if point is None else point.value


def test_every_queue_is_published_under_its_name() -> None:
    """SQS Developer Guide, CloudWatch metrics: ApproximateNumberOfMessagesVisible by QueueName."""
    store = MetricStore(SteppedClock())
    queues = FakeQueues(orders=0, dead=3, deleted=-1)
    asyncio.run(QueueMetrics(queues, store, store.clock, ROOT).publish())
    assert [visible(store, name) for name in ("orders", "dead", "deleted")] == [0, 3, None]


def test_a_failing_service_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """The loop goes on when the queue service is gone, says so once, and ends when cancelled."""
    clock = Clock(scale=300)
    queues = FakeQueues()
    queues.failure = AwsError("ServiceUnavailable", "down", 503)

    async def scenario() -> None:
        task = asyncio.create_task(QueueMetrics(queues, MetricStore(clock), clock, ROOT).run())
        for _ in range(200):
            if queues.calls > 1:
                break
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with caplog.at_level(logging.WARNING, "emulator.sqs_metrics"):
        asyncio.run(scenario())
    assert queues.calls > 1
    assert len(caplog.records) == 1


def test_a_queue_that_nothing_happens_to_goes_quiet_with_its_letters() -> None:
    """SQS Developer Guide, CloudWatch metrics: six hours, and again from the next change on.

    What alarms make of that, `notBreaching` would tell as an all-clear.
    """
    clock = SteppedClock()
    store = MetricStore(clock)
    queues = FakeQueues(dead=3)
    metrics = QueueMetrics(queues, store, clock, ROOT)

    def told(hours: float) -> bool:
        clock.advance(hours * 3600)
        asyncio.run(metrics.publish())
        began = clock.now() // 60 * 60
        metric = Metric.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", [("QueueName", "dead")])
        grid = store.grid(began, began + 60, 60)
        return store.points(metric, parse_statistic("Maximum"), grid) != [None]

    assert told(0)
    assert told(5.9)
    assert not told(0.2)
    assert not told(6)
    queues.visible["dead"] = 0
    assert told(0.1)
    assert told(5)
