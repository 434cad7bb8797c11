"""One small provider per resource type, over plain AWS APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.engine.providers import cloudwatch, dynamodb, functions, iam, logs, sqs

if TYPE_CHECKING:
    from rehearsal.engine.providers.base import Provider

PROVIDERS: dict[str, Provider] = {
    "aws:iam/role:Role": iam.ROLE,
    "aws:iam/rolePolicy:RolePolicy": iam.ROLE_POLICY,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": iam.ATTACHMENT,
    "aws:cloudwatch/logGroup:LogGroup": logs.LOG_GROUP,
    "aws:sqs/queue:Queue": sqs.QUEUE,
    "aws:dynamodb/table:Table": dynamodb.TABLE,
    "aws:lambda/function:Function": functions.FUNCTION,
    "aws:lambda/alias:Alias": functions.ALIAS,
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": functions.EVENT_INVOKE,
    "aws:cloudwatch/metricAlarm:MetricAlarm": cloudwatch.METRIC_ALARM,
    "aws:cloudwatch/dashboard:Dashboard": cloudwatch.DASHBOARD,
}
