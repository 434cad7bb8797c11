"""SQS: the dead-letter queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from console.errors import UsageError

from release.aws.clients import CONTROL, translated

if TYPE_CHECKING:
    import boto3

HOLD_SECONDS = 300
"""How long a received message stays hidden: longer than an invocation may take, so that nobody
else receives it while it is being replayed."""

_ABSENT = "There is no dead-letter queue {url}: deploy the stack first."


@dataclass(frozen=True, slots=True)
class Message:
    """An event that Lambda gave up. `body` is the event byte for byte; `error` its last error.

    Lambda sends `RequestID`, `ErrorCode` and `ErrorMessage` as message attributes
    (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
    """

    message_id: str
    receipt: str
    body: str
    request_id: str | None = None
    error: str | None = None


class DeadLetterQueue(Protocol):
    """The dead-letter queue of a stack."""

    def visible(self) -> int:
        """About how many messages wait in it."""
        ...

    def receive(self) -> Message | None:
        """One message, hidden from other receivers for five minutes; None if none is visible."""
        ...

    def delete(self, message: Message) -> None:
        """Remove it for good."""
        ...

    def unhide(self, message: Message) -> None:
        """Make it visible again at once."""
        ...


class SqsQueue:
    """`DeadLetterQueue` on the SQS API."""

    def __init__(self, session: boto3.Session, url: str) -> None:
        with translated("starting the SQS client"):
            self._client = session.client("sqs", config=CONTROL)
        self._url = url

    def visible(self) -> int:
        """About how many messages wait in it."""
        with translated("counting DLQ messages"):
            try:
                reply = self._client.get_queue_attributes(
                    QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"]
                )
            except self._client.exceptions.QueueDoesNotExist:
                raise UsageError(_ABSENT.format(url=self._url)) from None
            return int(reply["Attributes"]["ApproximateNumberOfMessages"])

    def receive(self) -> Message | None:
        """One message, hidden from other receivers for five minutes; None if none is visible.

        Waits a second, because only a long poll asks all of the queue's servers.
        """
        with translated("receiving a DLQ message"):
            try:
                reply = self._client.receive_message(
                    QueueUrl=self._url,
                    MaxNumberOfMessages=1,
                    WaitTimeSeconds=1,
                    VisibilityTimeout=HOLD_SECONDS,
                    MessageAttributeNames=["All"],
                )
            except self._client.exceptions.QueueDoesNotExist:
                raise UsageError(_ABSENT.format(url=self._url)) from None
        for found in reply.get("Messages", []):
            attributes = {
                name: value.get("StringValue")
                for name, value in found.get("MessageAttributes", {}).items()
            }
            return Message(
                message_id=found["MessageId"],
                receipt=found["ReceiptHandle"],
                body=found["Body"],
                request_id=attributes.get("RequestID"),
                error=attributes.get("ErrorMessage"),
            )
        return None

    def delete(self, message: Message) -> None:
        """Remove it for good."""
        with translated("deleting a DLQ message"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def unhide(self, message: Message) -> None:
        """Make it visible again at once."""
        with translated("returning a DLQ message"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
            )
