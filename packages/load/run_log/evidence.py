"""Where events end up, read from AWS: the service's table and its dead-letter queue (DLQ)."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from load.aws import translated
from load.run_log.digests import UNREADABLE, content_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from service.declaration import Table
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef
    from types_boto3_sqs import SQSClient

_KEYS_PER_CALL: Final = 100
_MESSAGES_PER_CALL: Final = 10
_HIDDEN_SECONDS: Final = 300
"""Longer than it takes to read 100,000 messages; whoever reads them shows them again before."""
_PROJECTION: Final = "#key, #digest, #at"
_EMPTY_RECEIVES: Final = 2


class Stored(NamedTuple):
    """An event as the table has it; `recorded_at` is epoch seconds by the function's clock."""

    event_id: str
    digest: str
    recorded_at: float | None


class EventsTable:
    """Reads ids, content digests and times of a service's table, consistently."""

    def __init__(self, client: DynamoDBClient, name: str, declared: Table) -> None:
        self._client = client
        self._name = name
        self._declared = declared
        # Any attribute may bear a word that DynamoDB keeps for itself.
        self._names = {"#key": declared.key, "#digest": declared.digest, "#at": declared.at}

    def scan(self) -> Iterator[Stored]:
        """Iterate over all the table has, a page at a time. Raises UsageError."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name,
            ConsistentRead=True,
            ProjectionExpression=_PROJECTION,
            ExpressionAttributeNames=self._names,
        )
        with translated(f"reading {self._name}"):
            for page in pages:
                yield from map(self._read, page.get("Items", []))

    def get(self, event_ids: Collection[str]) -> list[Stored]:
        """Return those of the events that there are, asked for by id. Raises UsageError."""
        found: list[Stored] = []
        waiting = sorted(event_ids)
        key = self._declared.key
        with translated(f"reading {self._name}"):
            while waiting:
                asked, waiting = waiting[:_KEYS_PER_CALL], waiting[_KEYS_PER_CALL:]
                request: KeysAndAttributesTypeDef = {
                    "Keys": [{key: {"S": each}} for each in asked],
                    "ConsistentRead": True,
                    "ProjectionExpression": _PROJECTION,
                    "ExpressionAttributeNames": self._names,
                }
                reply = self._client.batch_get_item(RequestItems={self._name: request})
                found += map(self._read, reply["Responses"].get(self._name, []))
                left = reply.get("UnprocessedKeys", {}).get(self._name)
                waiting += [str(each[key]["S"]) for each in left["Keys"]] if left else []
        return found

    def _read(self, item: Any) -> Stored:
        recorded = item.get(self._declared.at, {}).get("S")
        try:
            at = datetime.fromisoformat(recorded).timestamp() if recorded else None
        except ValueError:
            at = None
        digest = item.get(self._declared.digest, {}).get("S", "")
        return Stored(item[self._declared.key]["S"], digest, at)


class NoTable:
    """Stands for the table of a service that has none: nothing is found in it."""

    def scan(self) -> Iterator[Stored]:
        """Iterate over nothing."""
        return iter(())

    def get(self, _: Collection[str]) -> list[Stored]:
        """Return nothing."""
        return []


class DeadLetterQueue:
    """Looks through a DLQ and leaves it as it was.

    `whole` says whether the last look saw all of it: SQS hands out no more than 120,000 messages at
    a time, and only a message that is handed out can be read.
    """

    def __init__(
        self,
        client: SQSClient,
        url: str,
        event_id: Callable[[object], str | None],
        most: int = 100_000,
    ) -> None:
        """`event_id` finds the id of an event, None where it has none."""
        self._client = client
        self._url = url
        self._event_id = event_id
        self._most = most
        self.whole = True

    def peek(self) -> Iterator[tuple[str, str]]:
        """Iterate over id and content digest of messages that are events. Raises UsageError.

        Messages are hidden while the queue is read and made visible again at its end; what that
        takes of each waits in a file. A function's queue has no redrive policy of its own, so being
        received changes nothing else.
        """
        reading = translated("reading the DLQ")
        with reading, TemporaryFile("w+", encoding="utf-8") as handles:
            try:
                for handle, body in self._messages():
                    handles.write(f"{handle}\n")
                    if found := read_message(body, self._event_id):
                        yield found
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


def read_message(body: str, event_id: Callable[[object], str | None]) -> tuple[str, str] | None:
    """Return id and content digest of a DLQ message; None of one that holds no event.

    Anybody may write anything into a queue. What JSON or Python cannot hold no sender of ours sent.
    """
    try:
        event = json.loads(body)
        found, digest = event_id(event), content_digest(event)
    except UNREADABLE:
        return None
    return None if found is None else (found, digest)
