"""Ceilings: what a role may do at most, whatever is ever attached to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra import policies
from infra.bootstrap import grants
from infra.bootstrap.statements import Statement, allow, deny, document, joined, merged

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
    """Bound the functions' roles: what the program grants them today, for this stack.

    One boundary is for all of them; which table and queue are its own says each role's own policy.
    """
    granted = [statement for each in functions(scope).values() for statement in each["Statement"]]
    # X-Ray has no resources to name.
    return document([*merged(granted), allow("WriteTraces", _XRAY, "*")])


def functions(scope: Scope) -> dict[str, dict[str, Any]]:
    """What the program grants each function, by the service's name."""
    found = {}
    for names in scope.names:
        alone, table = replace(scope, services=(names.service,)), names.service.table
        own = policies.Table(table.name, alone.tables[0]) if table else None
        found[names.service.name] = policies.execution(own, alone.queues[0], [*alone.logs])
    return found


def workflow(scope: Scope) -> dict[str, Any]:
    """Bound the workflows' roles: this stack's resources, and never a boundary.

    A ceiling names services where the roles' own grants name actions (all of these would not fit
    into a managed policy's 6,144 characters), but IAM and the state only by action. The denials
    hold against every other policy, a ceiling widened by mistake included.
    """
    return document([*_ceiling(scope), *_denials(scope)])


def _ceiling(scope: Scope) -> list[Statement]:
    return [
        allow("OwnFunction", ["lambda:*"], [*scope.functions, *scope.qualified]),
        allow("OwnTable", ["dynamodb:*"], scope.tables),
        allow("OwnQueue", ["sqs:*"], scope.queues),
        allow("OwnLogs", ["logs:*"], scope.logs),
        allow("OwnAlarms", ["cloudwatch:*"], [*scope.alarms, *scope.dashboards]),
        allow("FindLogGroup", ["logs:DescribeLogGroups"], scope.all_log_groups),
        *grants.measured(scope),
        *grants.state(scope, ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
        *joined(
            "OwnRoles",
            [
                grants.execution_role_read(scope),
                *grants.execution_role_released(scope),
                *grants.execution_role_made(scope),
            ],
        ),
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
