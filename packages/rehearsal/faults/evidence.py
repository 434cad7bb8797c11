"""Where events end up, read from AWS: the dead-letter queue and the service's table."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from load.run_log.digests import content_digest as digest

from rehearsal.faults.run_log import DlqMessage
from rehearsal.faults.settings import TIME_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.stack import Stack
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

    from rehearsal.faults.driver import Driver
    from rehearsal.faults.proxy import FaultProxy
    from rehearsal.faults.run_log import RunLog

_HIDDEN_SECONDS = 3600
# The longest delay between two attempts: two minutes after an error. A cold start comes on top.
_QUIET_SECONDS = 120 / TIME_SCALE + 1.0
# After throttles the delay grows to five minutes.
_PATIENCE_SECONDS = 300 / TIME_SCALE + 15.0


class DlqReader:
    """Takes DLQ messages out of the queue and into the run log, each once."""

    def __init__(
        self, stack: Stack, event_id: Callable[[object], str | None], run_log: RunLog
    ) -> None:
        self._client: SQSClient = stack.client("sqs")
        self._url = str(stack.outputs["dlqQueueUrl"])
        self._run_log = run_log
        self._event_id = event_id
        self.found: set[tuple[str, str]] = set()
        self.found_at = time.monotonic()

    def collect(self) -> None:
        """Read what has come since the last time."""
        while messages := self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS
        ).get("Messages"):
            self.found_at = time.monotonic()
            for message in messages:
                event = json.loads(message["Body"])
                kept = DlqMessage(str(self._event_id(event)), digest(event))
                self.found.add((kept.event_id, kept.digest))
                self._run_log.note(kept)


async def settle(driver: Driver, proxy: FaultProxy, dlq: DlqReader) -> None:
    """Wait until every accepted event is found, or until nothing has happened for long.

    Then no attempt is under way any more either: what would be doubled has been.
    """
    while True:
        await asyncio.to_thread(dlq.collect)
        open_ = [
            taken
            for taken in driver.accepted
            if not proxy.written[taken[0]] and taken not in dlq.found
        ]
        quiet = time.monotonic() - max(proxy.busy_at, dlq.found_at)
        if quiet > (_PATIENCE_SECONDS if open_ else _QUIET_SECONDS):
            return
        await asyncio.sleep(0.2)


def records(stack: Stack, key: str) -> dict[str, dict[str, Any]]:
    """Return all records of the service's table by their `key`, in DynamoDB's JSON."""
    client: DynamoDBClient = stack.client("dynamodb")
    pages = client.get_paginator("scan").paginate(
        TableName=str(stack.outputs["tableName"]), ConsistentRead=True
    )
    return {item[key]["S"]: dict(item) for page in pages for item in page["Items"]}
