"""Dead letters and destinations: where the end of an asynchronous event is reported."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from emulator.errors import AwsError
from emulator.lambda_.queue.destinations import Message
from emulator.lambda_.runtime.outcome import SUCCESS

if TYPE_CHECKING:
    from emulator.lambda_.queue.destinations import Targets
    from emulator.lambda_.runtime.environment import Job
    from emulator.lambda_.runtime.metrics import LambdaMetrics
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.model import EventInvokeConfig

_MESSAGE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Record:
    """The end of an event: `outcome` is its last attempt's, None where none ran."""

    job: Job
    errors: int
    condition: str
    outcome: Outcome | None


class Undelivered:
    """Sends dead letters and destination records.

    A dead letter is the raw event with the attributes `RequestID`, `ErrorCode` and `ErrorMessage`
    (Lambda Developer Guide, invocation-async-retain-records); a send that fails loses the event and
    counts in `DeadLetterErrors`.
    """

    def __init__(self, targets: Targets, metrics: LambdaMetrics) -> None:
        self._targets = targets
        self._metrics = metrics

    async def succeeded(self, record: Record, config: EventInvokeConfig) -> None:
        """Report a success to the on-success destination, if there is one."""
        if config.on_success_arn:
            await self._to_destination(config.on_success_arn, record)

    async def failed(self, record: Record, config: EventInvokeConfig) -> None:
        """Report a failure to the dead-letter target and the on-failure destination alike."""
        dead_letters = record.job.target.version.dead_letter_arn
        if dead_letters:
            body = record.job.payload.decode("utf-8", "replace")
            message = Message(body, _attributes(record))
            if not await self._sent(dead_letters, record.job, message):
                self._count("DeadLetterErrors", record)
        if config.on_failure_arn:
            await self._to_destination(config.on_failure_arn, record)

    async def _to_destination(self, arn: str, record: Record) -> None:
        end = "Success" if record.condition == "Success" else "Failure"
        detail_type = f"Lambda Function Invocation Result - {end}"
        message = Message(json.dumps(_destination_record(record)), detail_type=detail_type)
        if not await self._sent(arn, record.job, message):
            self._count("DestinationDeliveryFailures", record)

    async def _sent(self, arn: str, job: Job, message: Message) -> bool:
        try:
            await self._targets.send(arn, job, message)
        except AwsError:
            return False
        return True

    def _count(self, name: str, record: Record) -> None:
        self._metrics.event(name, record.job.target, 1.0, time.time())


def _attributes(record: Record) -> dict[str, Any]:
    """A function error has the code 200, an event that never ran 429 (the latter not recorded)."""
    outcome = record.outcome
    if outcome is None:
        code, message = "429", "Rate Exceeded."
    else:
        code, message = "200", _error_message(outcome)
    text = message.encode()[:_MESSAGE_LIMIT].decode("utf-8", "ignore")
    return {
        "RequestID": {"DataType": "String", "StringValue": record.job.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": code},
        "ErrorMessage": {"DataType": "String", "StringValue": text or "Unknown"},
    }


def _error_message(outcome: Outcome) -> str:
    try:
        return str(json.loads(outcome.ending.payload)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return outcome.ending.error_type or ""


def _destination_record(record: Record) -> dict[str, Any]:
    """Form of a destination record, version 1.0 (invocation-async-retain-records)."""
    job, outcome = record.job, record.outcome
    version = job.target.version
    ran = record.errors + (1 if outcome and outcome.ending.status == SUCCESS else 0)
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content: dict[str, Any] = {
        "version": "1.0",
        "timestamp": now,
        "requestContext": {
            "requestId": job.request_id,
            "functionArn": _qualified(job),
            "condition": record.condition,
            "approximateInvokeCount": ran,
        },
        "requestPayload": json.loads(job.payload),
    }
    if outcome is not None:
        content["responseContext"] = {"statusCode": 200, "executedVersion": version.version}
        if outcome.ending.status != SUCCESS:
            content["responseContext"]["functionError"] = "Unhandled"
        content["responsePayload"] = _json_or_text(outcome.ending.payload)
    return content


def _qualified(job: Job) -> str:
    arn, qualifier = job.target.invoked_arn, job.target.qualifier
    return arn if arn.endswith(f":{qualifier}") else f"{arn}:{qualifier}"


def _json_or_text(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
