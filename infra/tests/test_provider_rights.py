"""What the AWS provider calls for each of the stack's resources, and which role may make the call.

The calls are those of hashicorp/terraform-provider-aws (6.6x, which pulumi-aws 7.51 wraps), read
from its source: `internal/service/*`. AWS also checks the tags that a creation carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from infra import policies
from infra.bootstrap import boundaries, grants
from infra.bootstrap.scope import Scope
from infra.bootstrap.statements import document
from infra.tests.evaluation import permitted

if TYPE_CHECKING:
    from infra.tests.recording import Recording

DEV, PROD = (Scope("123456789012", "us-east-1", stack) for stack in ("dev", "prod"))
CEILING = boundaries.workflow(DEV)
ROLES = {
    "preview": document(grants.preview(DEV)),
    "deploy": document(grants.deploy(DEV)),
    "make": document([*grants.deploy(DEV), *grants.make(DEV)]),
}
"""By whom: a preview, the deployment of a stack that is there, the deployment that makes it."""

CONTEXT = {
    "iam:PermissionsBoundary": DEV.execution_boundary,
    "iam:PolicyARN": policies.XRAY_POLICY_ARN,
    "iam:PassedToService": "lambda.amazonaws.com",
}


@dataclass(frozen=True)
class Calls:
    """One resource type's calls by phase, and what AWS checks them against."""

    resource: str
    read: str
    release: str
    """What differs from one release to the next: code, settings, alarms, tags."""
    make: str = ""
    """Its creation, and a change of what is made once."""
    person: str = ""
    """What the program never asks for, or what would lose data: nobody but a person."""
    listed: str = ""
    """Reads that AWS checks against all resources of the kind."""


LOGS, ALARM = DEV.logs[0], DEV.alarms[0]
CALLS = {
    "aws:lambda/function:Function": Calls(
        resource=DEV.function,
        read="lambda:GetFunction lambda:ListVersionsByFunction lambda:GetFunctionCodeSigningConfig",
        release="lambda:CreateFunction lambda:PutFunctionConcurrency lambda:PublishVersion "
        "lambda:UpdateFunctionConfiguration lambda:UpdateFunctionCode "
        "lambda:TagResource lambda:UntagResource",
        person="lambda:PutFunctionCodeSigningConfig lambda:DeleteFunctionConcurrency "
        "lambda:AddPermission lambda:CreateFunctionUrlConfig",
    ),
    "aws:lambda/alias:Alias": Calls(
        resource=DEV.function,
        read="lambda:GetAlias",
        release="lambda:CreateAlias lambda:UpdateAlias",
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Calls(
        resource=DEV.alias,
        read="lambda:GetFunctionEventInvokeConfig",
        release="lambda:PutFunctionEventInvokeConfig",
        person="lambda:UpdateFunctionEventInvokeConfig lambda:DeleteFunctionEventInvokeConfig",
    ),
    "aws:iam/role:Role": Calls(
        resource=DEV.execution_role,
        read="iam:GetRole iam:ListRolePolicies iam:GetRolePolicy iam:ListAttachedRolePolicies",
        release="iam:PassRole iam:TagRole iam:UntagRole",
        make="iam:CreateRole iam:PutRolePermissionsBoundary iam:UpdateAssumeRolePolicy "
        "iam:UpdateRole iam:UpdateRoleDescription",
        person="iam:DeleteRole iam:DeleteRolePermissionsBoundary",
    ),
    "aws:iam/rolePolicy:RolePolicy": Calls(
        resource=DEV.execution_role,
        read="iam:GetRolePolicy",
        release="",
        make="iam:PutRolePolicy iam:DeleteRolePolicy",
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Calls(
        resource=DEV.execution_role,
        read="iam:ListAttachedRolePolicies",
        release="",
        make="iam:AttachRolePolicy iam:DetachRolePolicy",
    ),
    "aws:dynamodb/table:Table": Calls(
        resource=DEV.table,
        read="dynamodb:DescribeTable dynamodb:DescribeContinuousBackups "
        "dynamodb:DescribeTimeToLive dynamodb:ListTagsOfResource",
        release="dynamodb:TagResource dynamodb:UntagResource",
        make="dynamodb:CreateTable dynamodb:UpdateContinuousBackups dynamodb:UpdateTable",
        # A time to live deletes orders, and no table here has one. Which key encrypts the table is
        # asked of KMS, and any refusal passed over.
        person="dynamodb:UpdateTimeToLive dynamodb:DeleteTable kms:DescribeKey "
        "dynamodb:PutResourcePolicy dynamodb:PutItem dynamodb:GetItem",
    ),
    "aws:sqs/queue:Queue": Calls(
        resource=DEV.queue,
        read="sqs:GetQueueAttributes sqs:ListQueueTags",
        release="sqs:TagQueue sqs:UntagQueue",
        make="sqs:CreateQueue sqs:SetQueueAttributes",
        person="sqs:DeleteQueue sqs:PurgeQueue sqs:AddPermission sqs:ReceiveMessage",
    ),
    "aws:cloudwatch/logGroup:LogGroup": Calls(
        resource=LOGS,
        read="logs:ListTagsForResource",
        listed="logs:DescribeLogGroups",
        release="logs:TagResource logs:UntagResource",
        make="logs:CreateLogGroup logs:PutRetentionPolicy",
        # The program keeps logs for some days, never for ever, and with no key of its own.
        person="logs:DeleteLogGroup logs:DeleteRetentionPolicy logs:AssociateKmsKey "
        "logs:PutSubscriptionFilter",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Calls(
        resource=ALARM,
        read="cloudwatch:ListTagsForResource",
        listed="cloudwatch:DescribeAlarms",
        release="cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms cloudwatch:TagResource "
        "cloudwatch:UntagResource",
        person="cloudwatch:PutCompositeAlarm cloudwatch:DisableAlarmActions "
        "cloudwatch:SetAlarmState",
    ),
    "aws:cloudwatch/dashboard:Dashboard": Calls(
        resource=DEV.dashboard,
        read="cloudwatch:GetDashboard",
        release="cloudwatch:PutDashboard cloudwatch:DeleteDashboards",
    ),
}
EVERYWHERE = {
    "logs:DescribeLogGroups": DEV.all_log_groups,
    "cloudwatch:DescribeAlarms": DEV.all_alarms,
}
PHASES = {
    "read": {"preview", "deploy", "make"},
    "listed": {"preview", "deploy", "make"},
    "release": {"deploy", "make"},
    "make": {"make"},
    "person": set(),
}
"""Who may make the calls of a phase."""

CASES = [
    (type_, phase, action)
    for type_, calls in CALLS.items()
    for phase in PHASES
    for action in str(getattr(calls, phase)).split()
]


@pytest.mark.parametrize(("type_", "phase", "action"), CASES)
def test_each_call_is_for_whom_its_phase_says(type_: str, phase: str, action: str) -> None:
    """Allowed to those, denied to the rest, and nobody has it on another stack's."""
    resource = EVERYWHERE.get(action, CALLS[type_].resource)
    may = {
        name for name, role in ROLES.items() if permitted(role, CEILING, action, resource, CONTEXT)
    }
    assert may == PHASES[phase]
    if phase != "listed":
        other = resource.replace("-dev", "-prod")
        for role in ROLES.values():
            assert not permitted(role, CEILING, action, other, CONTEXT)


def test_the_table_has_every_resource_of_the_stack(dev: Recording) -> None:
    """A new kind of resource needs its calls here before a workflow can make it."""
    assert {found.type for found in dev.resources.values() if found.custom} == {*CALLS}


def test_no_change_is_granted_that_nothing_asks_for() -> None:
    """Every right to change is the provider's, or the release tool's."""
    release = {"lambda:DeleteAlias", "lambda:DeleteFunction", "lambda:InvokeFunction"}
    asked = {action for _, phase, action in CASES if phase != "person"} | release
    reading = ("Get", "List", "Describe")
    granted = {
        action
        for statement in ROLES["make"]["Statement"]
        for action in statement["Action"]
        if not action.startswith("s3:") and not action.split(":")[1].startswith(reading)
    }
    assert granted == asked - {a for a in asked if a.split(":")[1].startswith(reading)}
