"""SQS: attributes and times within their bounds, and a minute's rest after a deletion or a purge.

Source: SQS API Reference, and botocore's service model, of the operations named. Requests of the
older query protocol are not corrected: no SDK of today sends them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.corrections.json_service import Call, JsonService, refusal
from emulator.corrections.serving import is_object
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emulator.clock import Clock
    from emulator.corrections.serving import Answer, Serve

_REST_SECONDS = 60.0
_SETTABLE = frozenset(
    {
        "DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "Policy",
        "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout", "RedrivePolicy",
        "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
        "SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope",
        "FifoThroughputLimit",
    }
)  # fmt: skip
_READABLE = _SETTABLE | {
    "All", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible", "CreatedTimestamp", "LastModifiedTimestamp",
    "QueueArn",
}  # fmt: skip
_ENCRYPTED = "SqsManagedSseEnabled"


def corrected(serve: Serve, clock: Clock) -> Serve:
    """SQS with its corrections."""
    queues = Queues(clock)
    operations = {
        "CreateQueue": queues.create,
        "DeleteQueue": queues.delete,
        "PurgeQueue": queues.purge,
        "SetQueueAttributes": set_attributes,
        "GetQueueAttributes": get_attributes,
        "SendMessage": send,
        "SendMessageBatch": send_batch,
        "ReceiveMessage": receive,
    }
    return JsonService(serve, operations, refuse)


def refuse(error: AwsError) -> Answer:
    """`error` with the code of the older query protocol, which SDKs raise."""
    status, headers, body = refusal(error)
    return status, {**headers, "x-amzn-query-error": f"{_older(error.code)};Sender"}, body


def _older(code: str) -> str:
    prefixed = code in ("QueueDeletedRecently", "PurgeQueueInProgress")
    return f"AWS.SimpleQueueService.{code}" if prefixed else code


class Queues:
    """When queues were deleted or purged."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deleted: dict[str, float] = {}
        self._purged: dict[str, float] = {}

    async def create(self, call: Call) -> dict[str, Any]:
        """A name is free a minute after its queue was deleted; CreateQueue."""
        _check_attributes(call.given.get("Attributes") or {})
        if self._resting(self._deleted, call.given["QueueName"]):
            raise AwsError(
                "QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another "
                "with the same name.",
            )
        return await call.stored()

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remember when; DeleteQueue."""
        answer = await call.stored()
        self._deleted[_name(call)] = self._clock.now()
        self._purged.pop(_name(call), None)
        return answer

    async def purge(self, call: Call) -> dict[str, Any]:
        """One a minute; PurgeQueue."""
        name = _name(call)
        if self._resting(self._purged, name):
            raise AwsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.",
                403,
            )
        answer = await call.stored()
        self._purged[name] = self._clock.now()
        return answer

    def _resting(self, times: dict[str, float], name: str) -> bool:
        since = times.get(name)
        return since is not None and self._clock.now() - since < self._clock.wait(_REST_SECONDS)


async def set_attributes(call: Call) -> dict[str, Any]:
    """Refuse what is no attribute, or no policy; SetQueueAttributes."""
    _check_attributes(call.given.get("Attributes") or {})
    return await call.stored()


async def get_attributes(call: Call) -> dict[str, Any]:
    """Encryption by SQS's own key is on unless another is named; GetQueueAttributes."""
    names = call.given.get("AttributeNames") or []
    _check_names(names, _READABLE)
    if not {"All", _ENCRYPTED} & {*names}:
        return await call.stored()
    answer = await call.stored({**call.given, "AttributeNames": ["All"]})
    found = answer["Attributes"]
    found.setdefault(_ENCRYPTED, "false" if found.get("KmsMasterKeyId") else "true")
    asked = {name: value for name, value in found.items() if "All" in names or name in names}
    return {"Attributes": asked}


async def send(call: Call) -> dict[str, Any]:
    """A delay has its bounds; SendMessage."""
    if fault := _delay_fault(call.given):
        raise AwsError("InvalidParameterValue", fault)
    return await call.stored()


async def send_batch(call: Call) -> dict[str, Any]:
    """So has that of each entry, and the others are sent; SendMessageBatch."""
    entries = call.given["Entries"]
    faults = {entry["Id"]: fault for entry in entries if (fault := _delay_fault(entry))}
    if not faults:
        return await call.stored()
    good = [entry for entry in entries if entry["Id"] not in faults]
    answer: dict[str, Any] = {"Successful": [], "Failed": []}
    if good:
        answer |= await call.stored({**call.given, "Entries": good})
    answer["Failed"] = answer.get("Failed", []) + [
        {"Id": entry, "SenderFault": True, "Code": "InvalidParameterValue", "Message": fault}
        for entry, fault in faults.items()
    ]
    return answer


async def receive(call: Call) -> dict[str, Any]:
    """A call waits at most 20 seconds, and hides for at most 12 hours; ReceiveMessage."""
    for name, most in {"WaitTimeSeconds": 20, "VisibilityTimeout": 43_200}.items():
        value = call.given.get(name, 0)
        if not 0 <= value <= most:
            reason = f"Must be >= 0 and <= {most}, if provided."
            raise AwsError(
                "InvalidParameterValue",
                f"Value {value} for parameter {name} is invalid. Reason: {reason}",
            )
    return await call.stored()


def _delay_fault(message: dict[str, Any]) -> str:
    delay = message.get("DelaySeconds", 0)
    if 0 <= delay <= 900:
        return ""
    reason = "DelaySeconds must be >= 0 and <= 900."
    return f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}"


def _check_attributes(attributes: dict[str, str]) -> None:
    _check_names(attributes, _SETTABLE)
    for name in ("Policy", "RedriveAllowPolicy"):
        if attributes.get(name) and not is_object(attributes[name]):
            message = f"Invalid value for the parameter {name}."
            raise AwsError("InvalidAttributeValue", message)


def _check_names(names: Iterable[str], known: frozenset[str]) -> None:
    for name in names:
        if name not in known:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def _name(call: Call) -> str:
    return str(call.given["QueueUrl"]).rpartition("/")[2]
