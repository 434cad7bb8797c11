"""What each kind of workflow may do to one stack: its roles' own policies.

`Resource: *` stands only where AWS checks nothing narrower (Service Authorization Reference):
lambda:GetAccountSettings and cloudwatch:GetMetricData. Of alarms, metric alarms alone are read:
composite ones would need it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from infra import policies
from infra.bootstrap.statements import Conditions, Statement, allow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.bootstrap.scope import Scope

    Grant: TypeAlias = Callable[[Scope], list[Statement]]


ROLE_MADE = [
    "iam:CreateRole",
    "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
]
ROLE_ATTACHED = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]


def preview(scope: Scope) -> list[Statement]:
    """Read what the program describes, and its state; change nothing.

    Pulumi takes no lock for a preview, so it needs no right to write state.
    """
    return [*_described(scope), *measured(scope), *state(scope, ["s3:GetObject"])]


def deploy(scope: Scope) -> list[Statement]:
    """Deploy and release what is made already: code, settings, alarms, tags.

    What keeps records, dead letters and logs is not changed, and nothing of it is deleted: the one
    is `make`'s, the other a person's decision, with a person's rights.
    """
    return [
        *_described(scope),
        *measured(scope),
        *state(scope, ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
        *_function_changed(scope),
        *_surroundings_changed(scope),
        *execution_role_released(scope),
    ]


def make(scope: Scope) -> list[Statement]:
    """Make a new stack, and change what is made once: table, queue, log group, the function's role.

    The deploy role has this beside `deploy` while its stack is among the account's new ones. Each
    of these calls could lose data by an attribute: a queue's retention or policy, a table without
    its backups or with another time to live, a log group's retention, a role that somebody else
    may take.
    """
    table = [
        "dynamodb:CreateTable",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateTimeToLive",  # what has the attribute is deleted
    ]
    return [
        allow("MakeTable", table, scope.tables),
        allow("MakeQueue", ["sqs:CreateQueue", "sqs:SetQueueAttributes"], scope.queues),
        allow("MakeLogGroup", ["logs:CreateLogGroup", "logs:PutRetentionPolicy"], scope.logs),
        *execution_role_made(scope),
    ]


def rollback(scope: Scope) -> list[Statement]:
    """Move the alias, write it into the ledger, say where things stand; no build, no state.

    Finishing a watch that a dead job left is the same, by the figures of both versions.
    """
    actions = [
        "lambda:CreateAlias",  # an entry of the ledger
        "lambda:GetAlias",
        "lambda:GetFunction",
        "lambda:GetFunctionConcurrency",
        "lambda:ListAliases",
        "lambda:ListVersionsByFunction",
        "lambda:UpdateAlias",
    ]
    return [
        allow("MoveTheAlias", actions, scope.functions),
        *_versions_read(scope),
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], scope.all_alarms),
        allow("ReadFigures", ["cloudwatch:GetMetricData"], "*"),
        allow("CountDeadLetters", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], scope.queues),
    ]


def load(scope: Scope) -> list[Statement]:
    """Send events to the alias, then count where each ended."""
    reads = [
        "lambda:GetAlias",
        "lambda:GetFunction",
        "lambda:GetFunctionConcurrency",
        "lambda:ListAliases",
        "lambda:ListVersionsByFunction",
    ]
    letters = [
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    ]
    return [
        allow("FindTheTarget", reads, scope.functions),
        *_versions_read(scope),
        allow("SendEvents", ["lambda:InvokeFunction"], scope.aliases),
        allow("CountRecords", ["dynamodb:BatchGetItem", "dynamodb:Scan"], scope.tables),
        allow("LookAtDeadLetters", letters, scope.queues),
        allow("ReadDurations", ["logs:FilterLogEvents"], scope.logs),
        *measured(scope),
    ]


KINDS: Mapping[str, Grant] = {
    "preview": preview,
    "deploy": deploy,
    "rollback": rollback,
    "load": load,
}


def _versions_read(scope: Scope) -> list[Statement]:
    """A version or alias by name: Lambda checks these two against the qualified ARN."""
    actions = ["lambda:GetFunction", "lambda:GetFunctionConfiguration"]
    return [allow("ReadVersions", actions, [*scope.functions, *scope.qualified])]


def measured(scope: Scope) -> list[Statement]:
    """Read what AWS measured: alarms, metrics, the account's limits."""
    return [
        allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], scope.all_alarms),
        allow("ReadFigures", ["cloudwatch:GetMetricData", "lambda:GetAccountSettings"], "*"),
    ]


def state(scope: Scope, object_actions: list[str]) -> list[Statement]:
    """The stack's own state; of the others only their names, for Pulumi lists the bucket."""
    return [
        allow("FindState", ["s3:ListBucket"], scope.state_bucket),
        allow("UseState", object_actions, scope.state_objects),
    ]


def _described(scope: Scope) -> list[Statement]:
    function = [
        "lambda:GetAlias",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionEventInvokeConfig",
        "lambda:ListAliases",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
    ]
    table = [
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTable",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:ListTagsOfResource",
    ]
    queue = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
    return [
        # An event invoke configuration is checked against the alias that it stands on.
        allow("ReadFunction", function, [*scope.functions, *scope.aliases]),
        *_versions_read(scope),
        allow("ReadTable", table, scope.tables),
        allow("ReadQueue", queue, scope.queues),
        allow("ReadLogGroup", ["logs:ListTagsForResource"], scope.logs),
        allow("FindLogGroup", ["logs:DescribeLogGroups"], scope.all_log_groups),
        allow("ReadAlarmTags", ["cloudwatch:ListTagsForResource"], scope.alarms),
        allow("ReadDashboard", ["cloudwatch:GetDashboard"], scope.dashboards),
        execution_role_read(scope),
    ]


def execution_role_read(scope: Scope) -> Statement:
    """Read the function's role."""
    actions = [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
    ]
    return allow("ReadRole", actions, scope.execution_roles)


def _function_changed(scope: Scope) -> list[Statement]:
    actions = [
        "lambda:CreateAlias",
        "lambda:CreateFunction",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",  # also: a version that nothing needs any longer
        "lambda:PublishVersion",
        "lambda:PutFunctionConcurrency",
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
    ]
    return [
        allow("ChangeFunction", actions, [*scope.functions, *scope.qualified]),
        allow("TryVersions", ["lambda:InvokeFunction"], scope.qualified),
    ]


def _surroundings_changed(scope: Scope) -> list[Statement]:
    """Tags say which commit made a resource, so each release changes them."""
    alarms = [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
    ]
    dashboard = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"]
    return [
        allow("TagTable", ["dynamodb:TagResource", "dynamodb:UntagResource"], scope.tables),
        allow("TagQueue", ["sqs:TagQueue", "sqs:UntagQueue"], scope.queues),
        allow("TagLogGroup", ["logs:TagResource", "logs:UntagResource"], scope.logs),
        allow("ChangeAlarms", alarms, scope.alarms),
        allow("ChangeDashboard", dashboard, scope.dashboards),
    ]


def execution_role_released(scope: Scope) -> list[Statement]:
    """What each release does with the function's role: give it to the function, and tag it."""
    role = scope.execution_roles
    to_lambda: Conditions = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    return [
        allow("PassRole", ["iam:PassRole"], role, to_lambda),
        allow("TagRole", ["iam:TagRole", "iam:UntagRole"], role),
    ]


def execution_role_made(scope: Scope, *, bounded: bool = True) -> list[Statement]:
    """Only ever with its boundary, so that no code deployed gains more than the boundary.

    Not `bounded`, this says what may be done and not with which boundary. Whom the role trusts, IAM
    lets nobody compare: who may make it may let anybody take it.
    """
    boundary: Conditions = {"StringEquals": {"iam:PermissionsBoundary": scope.execution_boundary}}
    with_boundary = boundary if bounded else {}
    attached: Conditions = {"ArnEquals": {"iam:PolicyARN": policies.XRAY_POLICY_ARN}}
    # What was changed by hand is put back: its trust, its description, its longest session.
    kept = ["iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
    role = scope.execution_roles
    return [
        allow("MakeRole", ROLE_MADE, role, with_boundary),
        allow("LetItTrace", ROLE_ATTACHED, role, {**with_boundary, **attached}),
        allow("MendRole", kept, role),
    ]
