"""Where orders end up, read from AWS: the orders table and the dead-letter queue."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from load.aws import translated
from load.send.events import content_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef
    from types_boto3_sqs import SQSClient

_KEYS_PER_CALL: Final = 100
_MESSAGES_PER_CALL: Final = 10
_HIDDEN_SECONDS: Final = 300
"""Longer than it takes to read 100,000 messages; whoever reads them shows them again before."""
_PROJECTION: Final = "orderId, contentDigest, confirmedAt"
_EMPTY_RECEIVES: Final = 2


class Stored(NamedTuple):
    """An order as the table has it; `confirmed_at` is epoch seconds by the function's clock."""

    order_id: str
    digest: str
    confirmed_at: float | None


class OrdersTable:
    """Reads order ids, content digests and times of the orders table, consistently."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def scan(self) -> Iterator[Stored]:
        """Iterate over all the table has, a page at a time. Raises UsageError."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name, ConsistentRead=True, ProjectionExpression=_PROJECTION
        )
        with translated(f"reading {self._name}"):
            for page in pages:
                yield from map(_read, page.get("Items", []))

    def get(self, order_ids: Collection[str]) -> list[Stored]:
        """Return those of the orders that there are, asked for by id. Raises UsageError."""
        found: list[Stored] = []
        waiting = sorted(order_ids)
        with translated(f"reading {self._name}"):
            while waiting:
                keys, waiting = waiting[:_KEYS_PER_CALL], waiting[_KEYS_PER_CALL:]
                request: KeysAndAttributesTypeDef = {
                    "Keys": [{"orderId": {"S": key}} for key in keys],
                    "ConsistentRead": True,
                    "ProjectionExpression": _PROJECTION,
                }
                reply = self._client.batch_get_item(RequestItems={self._name: request})
                found += map(_read, reply["Responses"].get(self._name, []))
                left = reply.get("UnprocessedKeys", {}).get(self._name)
                waiting += [str(key["orderId"]["S"]) for key in left["Keys"]] if left else []
        return found


def _read(item: Any) -> Stored:
    confirmed = item.get("confirmedAt", {}).get("S")
    try:
        at = datetime.fromisoformat(confirmed).timestamp() if confirmed else None
    except ValueError:
        at = None
    return Stored(item["orderId"]["S"], item.get("contentDigest", {}).get("S", ""), at)


class DeadLetters:
    """Looks through a dead-letter queue and leaves it as it was.

    `whole` says whether the last look saw all of it: SQS hands out no more than 120,000 messages at
    a time, and only a message that is handed out can be read.
    """

    def __init__(self, client: SQSClient, url: str, most: int = 100_000) -> None:
        self._client = client
        self._url = url
        self._most = most
        self.whole = True

    def peek(self) -> Iterator[tuple[str, str]]:
        """Iterate over order id and content digest of messages that are orders. Raises UsageError.

        Messages are hidden while the queue is read and made visible again at its end; what that
        takes of each waits in a file. A function's queue has no redrive policy of its own, so being
        received changes nothing else.
        """
        reading = translated("reading the dead letters")
        with reading, TemporaryFile("w+", encoding="utf-8") as handles:
            try:
                for handle, body in self._messages():
                    handles.write(f"{handle}\n")
                    yield from _dead(body)
            finally:
                handles.seek(0)
                self._show(line.rstrip("\n") for line in handles)

    def _messages(self) -> Iterator[tuple[str, str]]:
        empty = seen = 0
        # SQS samples its servers: one empty answer does not prove an empty queue.
        while empty < _EMPTY_RECEIVES and seen < self._most:
            reply = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_MESSAGES_PER_CALL,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=0,
            )
            messages = reply.get("Messages", [])
            empty = 0 if messages else empty + 1
            seen += len(messages)
            for message in messages:
                yield message["ReceiptHandle"], message["Body"]
        self.whole = empty >= _EMPTY_RECEIVES

    def _show(self, handles: Iterator[str]) -> None:
        while batch := list(islice(handles, _MESSAGES_PER_CALL)):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(batch)
                ],
            )


def _dead(body: str) -> Iterator[tuple[str, str]]:
    try:
        event = json.loads(body)
    except ValueError:
        return
    order_id = event.get("orderId") if isinstance(event, dict) else None
    if isinstance(order_id, str):
        yield order_id, content_digest(event)
