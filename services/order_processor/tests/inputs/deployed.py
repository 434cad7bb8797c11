"""The same events through the deployed stack `local`, asynchronously: no DLQ message may come.

The stack is used as anybody uses it: commands to start and to deploy, AWS's APIs to call and look.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from console.checkout import ROOT
from console.errors import UsageError
from console.processes import Children
from sandbox.stack import Stack

from services.order_processor.tests.inputs.events import FIRST

if TYPE_CHECKING:
    from pathlib import Path

DRAIN_SECONDS = 120.0
LARGEST = [
    '{"deep":' + "[" * 5_000 + "]" * 5_000 + "}",
    '{"orderId":' + "9" * 4_300 + "}",
    "[" * 100_000,
]
"""At the edge of what the runtime can parse: answered, or refused by Lambda before it runs."""


@dataclass
class Seen:
    """What became of the sample: how many Lambda took and refused, and what came of the taken."""

    accepted: int = 0
    refused: int = 0
    rejected: int = 0
    errors: int = 0
    dlq_messages: int = 0

    @property
    def holds(self) -> bool:
        """Whether every event that Lambda took was rejected by the function, and none failed."""
        return self.accepted == self.rejected and not self.errors and not self.dlq_messages


class StackError(Exception):
    """The stack could not be started, deployed or heard; the message says what was seen."""


def put_through(sample: list[str], artifact: Path, directory: Path) -> Seen:
    """Deploy `artifact` on a fresh emulated AWS and send it the sample; raises StackError."""
    with Children(ROOT, directory) as children:
        stack = Stack(children, directory)
        try:
            stack.start()
            stack.deploy(artifact)
        except UsageError as error:
            raise StackError(str(error)) from error
        seen = Seen()
        _send(stack.client("lambda"), stack.outputs, sample + LARGEST, seen)
        _await_rejections(stack.client("logs"), stack.outputs, seen)
        attributes = stack.client("sqs").get_queue_attributes(
            QueueUrl=stack.outputs["dlqQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        seen.dlq_messages = int(attributes["ApproximateNumberOfMessages"])
        return seen


def _send(client: Any, outputs: dict[str, Any], sample: list[str], seen: Seen) -> None:
    target = {
        "FunctionName": outputs["lambdaFunctionName"],
        "Qualifier": outputs["lambdaAliasName"],
    }
    client.invoke(**target, Payload=json.dumps(FIRST).encode())
    for event in sample:
        try:
            client.invoke(**target, InvocationType="Event", Payload=event.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidRequestContentException":
                raise
            seen.refused += 1
        else:
            seen.accepted += 1


def _await_rejections(client: Any, outputs: dict[str, Any], seen: Seen) -> None:
    """Count the log's lines until every event has one, or none came for long enough."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        messages = _messages(client, outputs["logGroupName"])
        outcomes = [line["outcome"] for line in messages if "outcome" in line]
        seen.rejected = outcomes.count("rejected")
        reports = [line for line in messages if line.get("text", "").startswith("[ERROR]")]
        seen.errors = outcomes.count("failed") + len(reports)
        if seen.rejected + seen.errors >= seen.accepted:
            return
        time.sleep(0.5)


def _messages(client: Any, group: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    try:
        found = [event["message"] for page in pages for event in page["events"]]
    except client.exceptions.ResourceNotFoundException:
        return []
    return [_parsed(message) for message in found]


def _parsed(message: str) -> dict[str, Any]:
    try:
        line = json.loads(message)
    except ValueError:
        return {"text": message}
    return line if isinstance(line, dict) else {"text": message}
