"""Queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.providers.aws import Aws, retried, unless_gone, wait
from engine.providers.base import Argument, Properties, Resource, worded
from engine.providers.values import fresh_tags, json_text, stale_tags

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_RECENTLY = {"AWS.SimpleQueueService.QueueDeletedRecently": "", "QueueDeletedRecently": ""}
_ATTRIBUTES: dict[str, QueueAttributeNameType] = {
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "policy": "Policy",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
}
_WAIT_SECONDS = 180


class Queue(Resource):
    """`aws_sqs_queue`: its id is the URL, whose last part is the name."""

    type = "aws:sqs/queue:Queue"
    title = "SQS Queue"
    attributes = frozenset({"arn", "url"})
    arguments = {
        "name": Argument(required=True, replaces=True),
        "fifoQueue": Argument(default=False, replaces=True),
        "delaySeconds": Argument(default=0),
        "maxMessageSize": Argument(default=262_144),
        "messageRetentionSeconds": Argument(default=345_600),
        "receiveWaitTimeSeconds": Argument(default=0),
        "visibilityTimeoutSeconds": Argument(default=30),
        "sqsManagedSseEnabled": Argument(computed=True),
        "policy": Argument(computed=True, normal=json_text),
        "redrivePolicy": Argument(computed=True, normal=json_text),
        "redriveAllowPolicy": Argument(computed=True, normal=json_text),
        "tags": Argument(),
    }

    def identify(self, aws: Aws, inputs: Properties) -> str | None:
        """Ask for the URL."""
        name = inputs["name"]
        with worded(f"reading {self.title} ({name})"):
            found = unless_gone(lambda: aws.sqs.get_queue_url(QueueName=name), *_GONE)
        return found["QueueUrl"] if found else None

    def _create(self, aws: Aws, inputs: Properties) -> str:
        return retried(
            lambda: aws.sqs.create_queue(
                QueueName=inputs["name"],
                Attributes=_sent(inputs, _ATTRIBUTES),
                tags=inputs.get("tags") or {},
            )["QueueUrl"],
            _RECENTLY,
            seconds=90,
        )

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        _settle(aws, id_, _sent(inputs, _ATTRIBUTES))

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        held = _held(aws, id_)
        if not held:
            return None
        tags = aws.sqs.list_queue_tags(QueueUrl=id_).get("Tags", {})
        name = id_.rpartition("/")[2]
        fixed = {"name": name, "url": id_, "arn": held["QueueArn"], "fifoQueue": False}
        return {**fixed, "tags": tags} | {
            key: _value(held.get(api)) for key, api in _ATTRIBUTES.items()
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.sqs.untag_queue(QueueUrl=id_, TagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.sqs.tag_queue(QueueUrl=id_, Tags=fresh)
        if attributes := _sent(inputs, changed):
            aws.sqs.set_queue_attributes(QueueUrl=id_, Attributes=attributes)
            _settle(aws, id_, attributes)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        unless_gone(lambda: aws.sqs.delete_queue(QueueUrl=id_), *_GONE)
        wait(lambda: not _held(aws, id_), f"SQS Queue ({id_}) delete", _WAIT_SECONDS)


def _sent(inputs: Properties, keys: Any) -> dict[QueueAttributeNameType, str]:
    return {
        _ATTRIBUTES[key]: str(inputs[key]).lower()
        if inputs[key] in (True, False)
        else str(inputs[key])
        for key in keys
        if key in _ATTRIBUTES and key in inputs
    }


def _held(aws: Aws, url: str) -> dict[str, str]:
    answer = unless_gone(
        lambda: aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]), *_GONE
    )
    return {str(key): value for key, value in (answer["Attributes"] if answer else {}).items()}


def _settle(aws: Aws, url: str, sent: dict[QueueAttributeNameType, str]) -> None:
    def settled() -> bool:
        held = _held(aws, url)
        return all(json_text(held.get(key)) == json_text(value) for key, value in sent.items())

    wait(settled, f"SQS Queue ({url}) attributes create", _WAIT_SECONDS)


def _value(text: str | None) -> Any:
    """Numbers and flags as the program gives them."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text and text.isdecimal() else text or None


KINDS = (Queue(),)
