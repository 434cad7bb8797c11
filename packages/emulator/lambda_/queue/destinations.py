"""Where dead letters and destination records go: queues, topics, functions, event buses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.access.keys import Principal
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.access.credentials import RoleCredentials
    from emulator.access.permissions import Permissions
    from emulator.aws import StorageCall
    from emulator.lambda_.runtime.environment import Job

QUEUE_LIMIT = 1_048_576
"""Bytes of a queue's message with its attributes (SQS Developer Guide, quotas)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: `attributes` in SQS's form, `detail_type` for an event bus."""

    body: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    detail_type: str = ""


class Targets:
    """Sends with the execution role's credentials; every failure is an `AwsError`.

    `invoke` queues an event for the function at an ARN, with a trace header.
    """

    def __init__(self, call: StorageCall, roles: RoleCredentials, permissions: Permissions) -> None:
        self._call = call
        self._roles = roles
        self._permissions = permissions
        self.invoke: Callable[[str, bytes, str | None], str] = _unconnected

    async def send(self, arn: str, job: Job, message: Message) -> None:
        """Send `message`, the end of `job`, to `arn`."""
        service = arn.split(":")[2]
        version = job.target.version
        if service == "lambda":
            session = Principal.of_role(version.role_arn, version.function_name)
            await self._permissions.require(session, "lambda:InvokeFunction", arn)
            self.invoke(arn, message.body.encode(), job.trace_header)
            return
        operation, payload = _REQUESTS[service](arn, job, message)
        credentials = await self._roles.get(version.role_arn, version.function_name)
        answer = await self._call(service, operation, payload, credentials)
        if answer.get("FailedEntryCount"):
            entry = answer["Entries"][0]
            raise AwsError(entry.get("ErrorCode", "InternalFailure"), entry.get("ErrorMessage", ""))


def _queue(arn: str, job: Job, message: Message) -> tuple[str, dict[str, Any]]:
    account, name = arn.split(":")[4:6]
    if _size(message) > QUEUE_LIMIT:
        raise AwsError(
            "InvalidParameterValue", f"Message must be shorter than {QUEUE_LIMIT} bytes."
        )
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": job.trace_header}}
    return "SendMessage", {
        "QueueUrl": f"http://sqs/{account}/{name}",
        "MessageBody": message.body,
        "MessageAttributes": dict(message.attributes),
        "MessageSystemAttributes": trace if job.trace_header else {},
    }


def _size(message: Message) -> int:
    """Body, and each attribute's name, type and value."""
    texts = [message.body]
    for name, value in message.attributes.items():
        texts += [name, value["DataType"], value["StringValue"]]
    return sum(len(text.encode()) for text in texts)


def _topic(arn: str, _: Job, message: Message) -> tuple[str, dict[str, Any]]:
    return "Publish", {
        "TopicArn": arn,
        "Message": message.body,
        "MessageAttributes": dict(message.attributes),
    }


def _bus(arn: str, job: Job, message: Message) -> tuple[str, dict[str, Any]]:
    entry = {
        "Source": "lambda",
        "DetailType": message.detail_type,
        "Detail": message.body,
        "EventBusName": arn,
        "Resources": [arn, job.target.invoked_arn],
    }
    return "PutEvents", {"Entries": [entry]}


_REQUESTS = {"sqs": _queue, "sns": _topic, "events": _bus}


def _unconnected(arn: str, payload: bytes, trace: str | None) -> str:
    raise AwsError("ServiceException", f"{arn}: nothing takes {len(payload)} bytes, {trace}", 500)
