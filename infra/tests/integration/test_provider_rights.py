"""What the AWS provider calls, recorded on the emulated AWS, is what the workflows' roles may do.

`provider_calls.toml` has the calls by resource type and phase. Each is compared with what is
recorded here, and judged by the policies and boundaries that the bootstrap gives the roles.
"""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine.providers import PROVIDERS
from engine.providers.aws import Aws
from service.declaration import load
from service.names import Names

from infra import policies
from infra.bootstrap import boundaries, grants
from infra.bootstrap.scope import Scope
from infra.bootstrap.statements import document
from infra.tests.bootstrapped import ACCOUNT, REGION
from infra.tests.evaluation import permitted
from infra.tests.integration.deployed import emulated_aws

SERVICE = load("order_processor")

Calls = dict[str, list[str]]
FILE = Path(__file__).with_name("provider_calls.toml")
TABLE: dict[str, Calls] = tomllib.loads(FILE.read_text(encoding="utf-8"))
SCOPE = Scope(ACCOUNT, REGION, "dev")
NAMES = Names(SERVICE, "dev")
MADE_ONCE = {
    *("dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable"),
    "dynamodb:UpdateTimeToLive",  # it deletes orders, if it is of another attribute
    *("sqs:CreateQueue", "sqs:SetQueueAttributes"),
    *("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    *("iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
    *("iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy"),
    *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"),
}
"""What only the deploy role of a new stack may call: no release needs it."""
PERSONS = {
    *("dynamodb:DeleteTable", "logs:DeleteLogGroup", "sqs:DeleteQueue", "iam:DeleteRole"),
    # No stack lets its function go without a reservation.
    *("lambda:DeleteFunctionConcurrency", "lambda:DeleteFunctionEventInvokeConfig"),
}
"""What no workflow may call: to delete orders, dead letters or logs is a person's decision."""
NEVER_CALLED = {
    *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:PutResourcePolicy", "sqs:PurgeQueue"),
    *("sqs:AddPermission", "sqs:ReceiveMessage", "logs:DeleteRetentionPolicy"),
    *("logs:PutSubscriptionFilter", "lambda:AddPermission", "lambda:CreateFunctionUrlConfig"),
    *("iam:DeleteRolePermissionsBoundary", "cloudwatch:DisableAlarmActions"),
    *("cloudwatch:PutCompositeAlarm", "cloudwatch:SetAlarmState"),
}
"""What the provider does not ask for, and would lose, open or silence something."""
RELEASE_TOOL = {"lambda:InvokeFunction"}
"""What the release tool changes or runs beside the provider (tests/test_roles.py)."""
ROLES = {
    "preview": document(grants.preview(SCOPE)),
    "deploy": document(grants.deploy(SCOPE)),
    "make": document([*grants.deploy(SCOPE), *grants.make(SCOPE)]),
}
"""A preview, the deployment of a stack that is there, and that of a new one."""

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAMES.function}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{NAMES.function}"
BOUNDARIES = (SCOPE.execution_boundary, f"{SCOPE.execution_boundary}-other")
TAGS = {"Team": "OrderProcessing"}
SERVICES = {"monitoring": "cloudwatch"}
"""IAM's prefix of a service, where it is not the endpoint's."""
IMPLIED = {
    "cloudwatch:PutMetricAlarm": ["cloudwatch:TagResource"],
    "dynamodb:CreateTable": ["dynamodb:TagResource"],
    "iam:CreateRole": ["iam:TagRole"],
    "lambda:CreateFunction": ["iam:PassRole", "lambda:TagResource"],
    "lambda:GetFunction": ["lambda:ListTags"],
    "lambda:UpdateFunctionConfiguration": ["iam:PassRole"],
    "logs:CreateLogGroup": ["logs:TagResource"],
    "sqs:CreateQueue": ["sqs:TagQueue"],
}
"""What AWS asks for besides, for the role that is passed and the tags that go along."""


@dataclass(frozen=True)
class Sample:
    """A resource as the program has it, and a change of each argument that can change."""

    given: dict[str, Any]
    changes: dict[str, Any]


def archive(path: Path, answer: int) -> dict[str, str]:
    """Write a zip of a handler; return it as an argument."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("handler.py", f"def handler(event, context): return {answer}\n")
    path.write_bytes(zipped.getvalue())
    return {"path": str(path), "hash": str(answer)}


def samples(folder: Path) -> dict[str, Sample]:
    """Return a sample of each resource type, in the order in which they can be made."""
    trust = policies.trust()
    other = {**trust, "Statement": [{**trust["Statement"][0], "Sid": "Other"}]}
    policy = document([{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}])
    more = document([{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}])
    alarm = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "threshold": 1}
    metric = {"namespace": "AWS/Lambda", "metricName": "Errors", "statistic": "Sum", "period": 60}
    tagged = {"tags": {"Other": "yes"}}
    return {
        "aws:iam/role:Role": Sample(
            {
                "name": NAMES.function,
                "assumeRolePolicy": json.dumps(trust),
                "permissionsBoundary": BOUNDARIES[0],
                "tags": TAGS,
            },
            {
                "assumeRolePolicy": json.dumps(other),
                "description": "Of the order processor",
                "maxSessionDuration": 7200,
                "permissionsBoundary": BOUNDARIES[1],
                **tagged,
            },
        ),
        "aws:iam/rolePolicy:RolePolicy": Sample(
            {"name": NAMES.function, "role": NAMES.function, "policy": json.dumps(policy)},
            {"policy": json.dumps(more)},
        ),
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Sample(
            {"role": NAMES.function, "policyArn": policies.XRAY_POLICY_ARN}, {}
        ),
        "aws:cloudwatch/logGroup:LogGroup": Sample(
            {"name": NAMES.log_group, "retentionInDays": 7, "tags": TAGS},
            {"retentionInDays": 14, **tagged},
        ),
        "aws:sqs/queue:Queue": Sample(
            {"name": NAMES.dead_letter_queue, "sqsManagedSseEnabled": True, "tags": TAGS},
            {"visibilityTimeoutSeconds": 60, **tagged},
        ),
        "aws:dynamodb/table:Table": Sample(
            {
                "name": NAMES.table,
                "billingMode": "PAY_PER_REQUEST",
                "hashKey": "orderId",
                "attributes": [{"name": "orderId", "type": "S"}],
                "serverSideEncryption": {"enabled": True},
                "pointInTimeRecovery": {"enabled": True},
                "ttl": {"enabled": True, "attributeName": "expiresAt"},
                "tags": TAGS,
            },
            {
                "deletionProtectionEnabled": True,
                "pointInTimeRecovery": {"enabled": False},
                "serverSideEncryption": {"enabled": False},
                "warmThroughput": {"writeUnitsPerSecond": 8000},
                **tagged,
                # The last one: once off, AWS no longer names the attribute.
                "ttl": {"enabled": False, "attributeName": "expiresAt"},
            },
        ),
        "aws:lambda/function:Function": Sample(
            {
                "name": NAMES.function,
                "role": ROLE,
                "runtime": "python3.13",
                "handler": "handler.handler",
                "code": archive(folder / "one.zip", 1),
                "publish": True,
                "reservedConcurrentExecutions": 5,
                "tags": TAGS,
            },
            {
                "memorySize": 256,
                "code": archive(folder / "two.zip", 2),
                "reservedConcurrentExecutions": -1,
                **tagged,
            },
        ),
        "aws:lambda/alias:Alias": Sample(
            {"name": "production", "functionName": NAMES.function, "functionVersion": "1"},
            {"description": "Of nobody"},
        ),
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": Sample(
            {"functionName": NAMES.function, "qualifier": "production"},
            {"maximumRetryAttempts": 1},
        ),
        "aws:cloudwatch/metricAlarm:MetricAlarm": Sample(
            {"name": NAMES.error_alarm, "tags": TAGS, **alarm, **metric},
            {"threshold": 2, **tagged},
        ),
        "aws:cloudwatch/dashboard:Dashboard": Sample(
            {"dashboardName": NAMES.function, "dashboardBody": '{"widgets": []}'},
            {"dashboardBody": '{"widgets": [], "periodOverride": "auto"}'},
        ),
    }


class Recorder:
    """Notes the actions of everything that an `Aws` calls."""

    def __init__(self, aws: Aws) -> None:
        self._seen: set[str] = set()
        aws.session.events.register("before-call", self._note)

    def _note(self, model: Any, **_: object) -> None:
        prefix = model.service_model.endpoint_prefix
        self._seen.add(f"{SERVICES.get(prefix, prefix)}:{model.name}")

    def take(self) -> list[str]:
        """Return what was called since the last time."""
        seen, self._seen = self._seen, set()
        return sorted(seen)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Calls]:
    """Make, read, change and delete each resource; return the calls by type and phase."""
    folder = tmp_path_factory.mktemp("rights")
    with emulated_aws(folder) as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        make_boundaries(Aws(REGION))
        aws = Aws(REGION)
        return record(aws, Recorder(aws), samples(folder))


def make_boundaries(aws: Aws) -> None:
    """Make the policies that can bound the execution role."""
    for arn in BOUNDARIES:
        aws.iam.create_policy(
            PolicyName=arn.rpartition("/")[2],
            PolicyDocument=json.dumps(boundaries.execution(SCOPE)),
        )


def record(aws: Aws, recorder: Recorder, made: dict[str, Sample]) -> dict[str, Calls]:
    """Return the calls; deletions come last, dependants first."""
    found: dict[str, Calls] = {}
    states: dict[str, tuple[str, dict[str, Any]]] = {}
    for type_, sample in made.items():
        provider = PROVIDERS[type_]
        inputs, failures = provider.check(sample.given)
        assert not failures
        id_, state = provider.create(aws, inputs)
        states[type_], found[type_] = (id_, state), {"create": recorder.take()}
    for type_, sample in made.items():
        provider, calls = PROVIDERS[type_], found[type_]
        id_, state = states[type_]
        state = provider.read(aws, id_, state) or {}
        calls["read"] = recorder.take()
        inputs, _ = provider.check(sample.given)
        for argument, value in sample.changes.items():
            inputs = {**inputs, argument: value}
            state = provider.update(aws, id_, state, inputs)
            calls[f"update {argument}"] = recorder.take()
        if type_ == "aws:dynamodb/table:Table":
            # What is off is not put off once more: AWS refuses that.
            free = {**inputs, "deletionProtectionEnabled": False, "ttl": None}
            state = provider.update(aws, id_, state, free)
            recorder.take()
        states[type_] = (id_, state)
    for type_, (id_, state) in reversed(states.items()):
        PROVIDERS[type_].delete(aws, id_, state)
        found[type_]["delete"] = recorder.take()
    return found


def test_the_table_is_what_is_called(recorded: dict[str, Calls]) -> None:
    """Phase by phase, a change by its argument; the reads that follow are left out."""
    shown = {
        type_: {
            phase: calls if phase == "read" else sorted(set(calls) - set(phases["read"]))
            for phase, calls in phases.items()
        }
        for type_, phases in recorded.items()
    }
    assert shown == TABLE


def resource(action: str, type_: str) -> str:
    """Return what AWS checks the action against (Service Authorization Reference)."""
    service, _, name = action.partition(":")
    if type_.endswith("EventInvokeConfig"):
        return SCOPE.aliases[0]
    fixed = {
        "cloudwatch:DescribeAlarms": SCOPE.all_alarms,
        "lambda:GetFunctionConfiguration": f"{SCOPE.functions[0]}:7",
        "logs:DescribeLogGroups": SCOPE.all_log_groups,
    }
    named = {
        "cloudwatch": SCOPE.dashboards[0]
        if "Dashboard" in name
        else SCOPE.alarms[0].replace("*", "error-alarm"),
        "dynamodb": SCOPE.tables[0],
        "iam": SCOPE.execution_roles[0],
        "lambda": SCOPE.functions[0],
        "logs": SCOPE.logs[0],
        "sqs": SCOPE.queues[0],
    }
    return fixed.get(action) or named[service]


CONTEXT = {
    "iam:PermissionsBoundary": SCOPE.execution_boundary,
    "iam:PolicyARN": policies.XRAY_POLICY_ARN,
    "iam:PassedToService": "lambda.amazonaws.com",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("type_", list(TABLE))
def test_the_roles_may_do_what_is_called(type_: str, role: str) -> None:
    """A preview reads, a release changes what differs, a new stack is made; a person deletes."""
    phases = TABLE[type_]
    called = set(phases["read"]) if role == "preview" else {c for p in phases.values() for c in p}
    needed = called | {more for call in called for more in IMPLIED.get(call, ())}
    withheld = {"preview": set(), "deploy": MADE_ONCE | PERSONS, "make": PERSONS}[role]
    refused = {action for action in needed if not may(role, action, resource(action, type_))}
    assert refused == withheld & needed


@pytest.mark.parametrize("role", ROLES)
def test_what_would_lose_data_is_denied(role: str) -> None:
    """Whether the provider calls it or not; and nothing at all is allowed on another stack's."""
    for action in PERSONS | NEVER_CALLED:
        assert not may(role, action, resource(action, "")), action
    for type_, phases in TABLE.items():
        for action in {call for calls in phases.values() for call in calls}:
            other = resource(action, type_).replace("-dev", "-other")
            assert "dev" not in resource(action, type_) or not may(role, action, other), action


def test_no_change_is_granted_that_nothing_asks_for() -> None:
    """Every right to change is the provider's, or the release tool's."""
    called = {action for phases in TABLE.values() for calls in phases.values() for action in calls}
    asked = called | {more for implied in IMPLIED.values() for more in implied} | RELEASE_TOOL
    reading = ("s3:", "Get", "List", "Describe")
    granted = {
        action
        for statement in ROLES["make"]["Statement"]
        for action in statement["Action"]
        if not action.startswith("s3:") and not action.split(":")[1].startswith(reading)
    }
    assert granted <= asked
    assert granted >= MADE_ONCE


def may(role: str, action: str, on: str) -> bool:
    """Whether a role may do it, under its boundary."""
    return permitted(ROLES[role], boundaries.workflow(SCOPE), action, on, CONTEXT)
