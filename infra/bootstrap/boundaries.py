"""Ceilings: what a role may do at most, whatever is ever attached to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra import policies
from infra.bootstrap import grants
from infra.bootstrap.statements import Statement, allow, deny, document

if TYPE_CHECKING:
    from infra.bootstrap.scope import Scope

# AWSXRayDaemonWriteAccess, spelt out.
_XRAY = [
    "xray:GetSamplingRules",
    "xray:GetSamplingStatisticSummaries",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]


def execution(scope: Scope) -> dict[str, Any]:
    """Bound the function's role: what the program grants it today, for this stack."""
    granted = policies.execution(policies.Table("orders", scope.table), scope.queue, [*scope.logs])[
        "Statement"
    ]
    # X-Ray has no resources to name.
    return document([*granted, allow("WriteTraces", _XRAY, "*")])


def workflow(scope: Scope) -> dict[str, Any]:
    """Bound the workflows' roles: this stack's resources, and never a boundary.

    A ceiling names services where the roles' own grants name actions (all of these would not fit
    into a managed policy's 6,144 characters), but IAM and the state only by action. The denials
    hold against every other policy, a ceiling widened by mistake included.
    """
    return document([*_ceiling(scope), *_denials(scope)])


def _ceiling(scope: Scope) -> list[Statement]:
    return [
        allow("OwnFunction", ["lambda:*"], [scope.function, scope.qualified]),
        allow("OwnTable", ["dynamodb:*"], scope.table),
        allow("OwnQueue", ["sqs:*"], scope.queue),
        allow("OwnLogs", ["logs:*"], scope.logs),
        allow("OwnAlarms", ["cloudwatch:*"], [*scope.alarms, scope.dashboard]),
        allow("FindLogGroup", ["logs:DescribeLogGroups"], scope.all_log_groups),
        *grants.measured(scope),
        *grants.state(scope, ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
        grants.execution_role_read(scope),
        *grants.execution_role_released(scope),
        *grants.execution_role_made(scope),
    ]


def _denials(scope: Scope) -> list[Statement]:
    return [
        deny("NeverLiftABoundary", ["iam:DeleteRolePermissionsBoundary"], "*"),
        # A negated operator also matches where the request names no boundary.
        deny(
            "NeverARoleWithoutTheBoundary",
            ["iam:CreateRole", "iam:PutRolePermissionsBoundary"],
            "*",
            {"StringNotEquals": {"iam:PermissionsBoundary": scope.execution_boundary}},
        ),
        deny(
            "NeverChangeABoundary",
            [
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:SetDefaultPolicyVersion",
            ],
            [scope.execution_boundary, scope.workflow_boundary],
        ),
        deny(
            "NeverChangeAWorkflowsRole",
            [
                "iam:AttachRolePolicy",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:PutRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:UpdateAssumeRolePolicy",
            ],
            scope.workflow_roles,
        ),
    ]
