"""Ceilings: what a role may do at most, whatever is ever attached to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infra import policies
from infra.bootstrap import grants
from infra.bootstrap.statements import (
    Statement,
    allow,
    deny,
    deny_elsewhere,
    document,
    joined,
    merged,
)

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

    A role has one boundary, of a managed policy's 6,144 characters, for all services. So a ceiling
    names AWS services where the roles' own grants name actions (IAM and the state apart). It names
    each function, table and role as they do, and of the rest the stack's suffix. The denials hold
    against every other policy, a ceiling widened by mistake included.
    """
    return document([*_ceiling(scope), *_denials(scope)])


def _ceiling(scope: Scope) -> list[Statement]:
    return [
        allow("OwnFunction", ["lambda:*"], scope.functions),
        allow("OwnTable", ["dynamodb:*"], scope.tables),
        allow("OwnRest", ["cloudwatch:*", "lambda:*", "logs:*", "sqs:*"], scope.ending_in_stack),
        allow("FindLogGroup", ["logs:DescribeLogGroups"], scope.all_log_groups),
        *grants.measured(scope),
        *grants.state(scope, ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
        *_roles(scope),
    ]


def _roles(scope: Scope) -> list[Statement]:
    """What is done with functions' roles: with which, and with which boundary, deny the denials."""
    granted = [
        grants.execution_role_read(scope),
        *grants.execution_role_released(scope),
        *grants.execution_role_made(scope, bounded=False),
    ]
    stated = joined("OwnRoles", granted)
    return [{**each, "Resource": scope.roles_ending_in_stack} for each in stated]


def _denials(scope: Scope) -> list[Statement]:
    return [
        deny("NeverLiftABoundary", ["iam:DeleteRolePermissionsBoundary"], "*"),
        # A negated operator also matches where the request names no boundary.
        deny(
            "NeverARoleWithoutTheBoundary",
            [*grants.ROLE_MADE, *grants.ROLE_ATTACHED],
            "*",
            {"StringNotEquals": {"iam:PermissionsBoundary": scope.execution_boundary}},
        ),
        # So neither a workflow's role nor any policy, boundaries among them.
        deny_elsewhere("NeverBesideOwnRoles", ["iam:*"], scope.execution_roles),
    ]
