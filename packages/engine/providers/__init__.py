"""The AWS provider: one class per resource type, over plain AWS APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.providers import (
    aliases,
    cloudwatch,
    dynamodb,
    functions,
    iam,
    identities,
    logs,
    s3,
    sqs,
)

if TYPE_CHECKING:
    from engine.providers.base import Resource

_KNOWN: tuple[Resource, ...] = (
    iam.ROLE,
    iam.ROLE_POLICY,
    iam.ATTACHMENT,
    logs.LOG_GROUP,
    sqs.QUEUE,
    dynamodb.TABLE,
    functions.FUNCTION,
    aliases.ALIAS,
    aliases.EVENT_INVOKE,
    cloudwatch.METRIC_ALARM,
    cloudwatch.DASHBOARD,
    *identities.KINDS,
    *s3.KINDS,
)
PROVIDERS: dict[str, Resource] = {resource.type: resource for resource in _KNOWN}
"""Resource types by Pulumi's token."""
