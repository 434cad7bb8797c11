"""Log groups."""

from __future__ import annotations

from engine.providers.aws import Aws, retried, unless_gone
from engine.providers.base import Argument, Properties, Resource
from engine.providers.values import fresh_tags, stale_tags


class LogGroup(Resource):
    """`aws_cloudwatch_log_group`."""

    type = "aws:cloudwatch/logGroup:LogGroup"
    title = "CloudWatch Logs Log Group"
    arguments = {
        "name": Argument(required=True, replaces=True),
        "retentionInDays": Argument(default=0),
        "logGroupClass": Argument(computed=True, replaces=True),
        "skipDestroy": Argument(default=False, read=False),
        "deletionProtectionEnabled": Argument(default=False, offered=False),
        "tags": Argument(),
    }

    def _create(self, aws: Aws, inputs: Properties) -> str:
        aws.logs.create_log_group(logGroupName=inputs["name"], tags=inputs.get("tags") or {})
        return str(inputs["name"])

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        if inputs["retentionInDays"]:
            _retain(aws, id_, inputs["retentionInDays"])

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=id_)
        groups = [found for page in pages for found in page["logGroups"]]
        group = next((found for found in groups if found.get("logGroupName") == id_), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "name": id_,
            "arn": arn,
            "retentionInDays": group.get("retentionInDays", 0),
            "logGroupClass": group.get("logGroupClass"),
            "deletionProtectionEnabled": group.get("deletionProtectionEnabled", False),
            "tags": aws.logs.list_tags_for_resource(resourceArn=arn).get("tags", {}),
        }

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        if stale := stale_tags(state, inputs):
            aws.logs.untag_resource(resourceArn=state["arn"], tagKeys=stale)
        if fresh := fresh_tags(state, inputs):
            aws.logs.tag_resource(resourceArn=state["arn"], tags=fresh)
        if "retentionInDays" not in changed:
            return
        if inputs["retentionInDays"]:
            _retain(aws, id_, inputs["retentionInDays"])
        else:
            aws.logs.delete_retention_policy(logGroupName=id_)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        passing = {"OperationAbortedException": "try again"}
        unless_gone(
            lambda: retried(lambda: aws.logs.delete_log_group(logGroupName=id_), passing, 60),
            "ResourceNotFoundException",
        )


def _retain(aws: Aws, name: str, days: int) -> None:
    retried(
        lambda: aws.logs.put_retention_policy(logGroupName=name, retentionInDays=days),
        {"AccessDeniedException": "no identity-based policy allows"},
        seconds=60,
    )


KINDS = (LogGroup(),)
