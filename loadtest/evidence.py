"""Where orders end up, read from AWS: the orders table and the dead-letter queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from loadtest.errors import UsageError
from loadtest.orders import content_digest
from loadtest.target import sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import KeysAndAttributesTypeDef
    from types_boto3_sqs import SQSClient

_KEYS_PER_CALL: Final = 100
_HIDDEN_SECONDS: Final = 30
_EMPTY_RECEIVES: Final = 2


class OrdersTable:
    """Reads order ids and content digests of the orders table, consistently."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def scan(self, wanted: Collection[str]) -> dict[str, str]:
        """Return the digests of the wanted orders that the table has. Raises UsageError."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name,
            ConsistentRead=True,
            ProjectionExpression="orderId, contentDigest",
        )
        try:
            items = (item for page in pages for item in page.get("Items", []))
            return {
                order_id: digest for order_id, digest in map(_read, items) if order_id in wanted
            }
        except (BotoCoreError, ClientError) as error:
            raise UsageError(sentence(error)) from error

    def get(self, order_ids: Collection[str]) -> dict[str, str]:
        """Return the digests of those orders, asked for by id. Raises UsageError."""
        found: dict[str, str] = {}
        waiting = sorted(order_ids)
        try:
            while waiting:
                keys, waiting = waiting[:_KEYS_PER_CALL], waiting[_KEYS_PER_CALL:]
                request: KeysAndAttributesTypeDef = {
                    "Keys": [{"orderId": {"S": key}} for key in keys],
                    "ConsistentRead": True,
                    "ProjectionExpression": "orderId, contentDigest",
                }
                reply = self._client.batch_get_item(RequestItems={self._name: request})
                found.update(map(_read, reply["Responses"].get(self._name, [])))
                left = reply.get("UnprocessedKeys", {}).get(self._name)
                waiting += [str(key["orderId"]["S"]) for key in left["Keys"]] if left else []
        except (BotoCoreError, ClientError) as error:
            raise UsageError(sentence(error)) from error
        return found


def _read(item: Any) -> tuple[str, str]:
    return item["orderId"]["S"], item.get("contentDigest", {}).get("S", "")


class DeadLetters:
    """Looks through a dead-letter queue and leaves it as it was."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def peek(self) -> dict[str, str]:
        """Return content digests by order id of all messages that are orders. Raises UsageError.

        Messages are hidden for seconds while the queue is read and made visible again at once; a
        function's queue has no redrive policy of its own, so being received changes nothing else.
        """
        found: dict[str, str] = {}
        handles: list[str] = []
        try:
            try:
                for handle, body in self._messages():
                    handles.append(handle)
                    found.update(_dead(body))
            finally:
                self._show(handles)
        except (BotoCoreError, ClientError) as error:
            raise UsageError(sentence(error)) from error
        return found

    def _messages(self) -> Iterator[tuple[str, str]]:
        empty = 0
        # SQS samples its servers: one empty answer does not prove an empty queue.
        while empty < _EMPTY_RECEIVES:
            reply = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=0,
            )
            messages = reply.get("Messages", [])
            empty = 0 if messages else empty + 1
            for message in messages:
                yield message["ReceiptHandle"], message["Body"]

    def _show(self, handles: list[str]) -> None:
        for at in range(0, len(handles), 10):
            self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles[at : at + 10])
                ],
            )


def _dead(body: str) -> dict[str, str]:
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    order_id = event.get("orderId") if isinstance(event, dict) else None
    return {order_id: content_digest(event)} if isinstance(order_id, str) else {}
