"""Queues."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rehearsal.engine.providers.base import Aws, Provider, stale_tags

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

    from rehearsal.engine.state import Properties

_ATTRIBUTES: dict[str, QueueAttributeNameType] = {
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
}


def _apply(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    attributes: dict[QueueAttributeNameType, str] = {
        api: str(inputs[key]).lower() for key, api in _ATTRIBUTES.items() if key in inputs
    }
    tags = inputs.get("tags") or {}
    try:
        url = aws.sqs.get_queue_url(QueueName=inputs["name"])["QueueUrl"]
    except aws.sqs.exceptions.QueueDoesNotExist:
        url = aws.sqs.create_queue(
            QueueName=inputs["name"],
            Attributes=attributes,
            tags=tags,
        )["QueueUrl"]
    else:
        aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        aws.sqs.tag_queue(QueueUrl=url, Tags=tags)
    if stale := stale_tags(inputs, before):
        aws.sqs.untag_queue(QueueUrl=url, TagKeys=stale)
    arn = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"id": url, "url": url, "arn": arn["QueueArn"]}


def _delete(aws: Aws, outputs: Properties) -> None:
    with contextlib.suppress(aws.sqs.exceptions.QueueDoesNotExist):
        aws.sqs.delete_queue(QueueUrl=outputs["id"])


QUEUE = Provider(_apply, _delete)
