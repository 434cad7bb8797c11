"""Log groups."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rehearsal.engine.providers.base import Aws, Provider, stale_tags

if TYPE_CHECKING:
    from rehearsal.engine.state import Properties


def _apply(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    name = inputs["name"]
    with contextlib.suppress(aws.logs.exceptions.ResourceAlreadyExistsException):
        aws.logs.create_log_group(logGroupName=name, tags=inputs.get("tags") or {})
    arn = _arn(aws, name)
    if before:
        aws.logs.tag_resource(resourceArn=arn, tags=inputs.get("tags") or {})
    if stale := stale_tags(inputs, before):
        aws.logs.untag_resource(resourceArn=arn, tagKeys=stale)
    aws.logs.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
    return {"id": name, "arn": arn}


def _arn(aws: Aws, name: str) -> str:
    """ARN without the `:*` that the API appends, as the AWS provider gives it."""
    groups = aws.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next(group["arn"] for group in groups if group["logGroupName"] == name).removesuffix(
        ":*"
    )


def _delete(aws: Aws, outputs: Properties) -> None:
    with contextlib.suppress(aws.logs.exceptions.ResourceNotFoundException):
        aws.logs.delete_log_group(logGroupName=outputs["id"])


LOG_GROUP = Provider(_apply, _delete)
