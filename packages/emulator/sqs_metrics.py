"""AWS/SQS metrics of every queue, read from the storage service."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.aws import Credentials, StorageCall
    from emulator.clock import Clock
    from emulator.cloudwatch.metrics.store import MetricStore

_LEAST_INTERVAL = 0.2
_PAGES = 100
_MIDDLE = 0.5
"""A sample is taken in the middle of each minute, so that none falls into a neighbour's."""

_METRICS = {
    "ApproximateNumberOfMessages": "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed": "ApproximateNumberOfMessagesDelayed",
}
"""The metric of each attribute of a queue (SQS Developer Guide, CloudWatch metrics)."""

_ACTIVE_MINUTES = 6 * 60
"""How long SQS tells figures of a queue that nothing happens to, messages in it or not (SQS
Developer Guide, CloudWatch metrics). A call that changes no count is not seen here."""

_log = logging.getLogger(__name__)


class QueueMetrics:
    """Publishes how many messages each queue holds, once per minute of the store."""

    def __init__(
        self, storage_call: StorageCall, store: MetricStore, clock: Clock, credentials: Credentials
    ) -> None:
        self._call = storage_call
        self._store = store
        self._clock = clock
        self._credentials = credentials
        self._told = False
        self._seen: dict[str, tuple[dict[str, str], float]] = {}
        """By queue: its figures, and since when they are the same."""

    async def run(self) -> None:
        """Publish until cancelled; a queue service that fails is told once and asked again."""
        while True:
            await asyncio.sleep(self._until_next(self._clock.now()))
            try:
                await self.publish()
            except AwsError as error:
                if not self._told:
                    self._told = True
                    _log.warning("No queue metrics: %s: %s", error.code, error.message)

    async def publish(self) -> None:
        """One sample of each metric of each queue."""
        for url in await self._queue_urls():
            try:
                attributes = await self._attributes(url)
            except AwsError as error:
                if error.status >= 500:
                    raise
                continue  # deleted since it was listed
            now = self._clock.now()
            if self._quiet(url, attributes, now):
                continue
            dimensions = (("QueueName", url.rpartition("/")[2]),)
            for attribute, metric in _METRICS.items():
                value = float(attributes.get(attribute, 0))
                self._store.put("AWS/SQS", metric, dimensions, value, now, "Count")

    def _quiet(self, url: str, attributes: dict[str, str], now: float) -> bool:
        """Whether nothing has happened to the queue for so long that SQS tells nothing of it."""
        seen, since = self._seen.get(url, (None, now))
        if attributes != seen:
            self._seen[url] = attributes, now
            return False
        return self._store.minute_of(now) - self._store.minute_of(since) >= _ACTIVE_MINUTES

    async def _attributes(self, url: str) -> dict[str, str]:
        payload = {"QueueUrl": url, "AttributeNames": list(_METRICS)}
        answer = await self._call("sqs", "GetQueueAttributes", payload, self._credentials)
        attributes: dict[str, str] = answer.get("Attributes", {})
        return attributes

    async def _queue_urls(self) -> list[str]:
        urls: list[str] = []
        payload: dict[str, Any] = {"MaxResults": 1000}
        for _ in range(_PAGES):
            answer = await self._call("sqs", "ListQueues", payload, self._credentials)
            urls += answer.get("QueueUrls", [])
            if not answer.get("NextToken"):
                break
            payload = {**payload, "NextToken": answer["NextToken"]}
        return urls

    def _until_next(self, now: float) -> float:
        interval = max(self._store.minute, _LEAST_INTERVAL)
        return interval - (now - interval * _MIDDLE) % interval
