"""What somebody changes in AWS by hand: it is named, and the next deployment puts it right."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from engine import deployment, project

from infra.dead_letters import MESSAGE_BYTES
from infra.tests.integration.second import Second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.tests.integration.deployed import Deployed

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
GRANT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def staging(stack: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    """Return a stack that these tests meddle with."""
    staging = Second(stack, tmp_path_factory.mktemp("staging"), "staging")
    staging.up()
    yield staging
    staging.destroy()


def foreign_code() -> bytes:
    """Return a zip that no build made."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("order_processor/handler.py", "def handler(event, context): return 1\n")
    return zipped.getvalue()


def alarm(stack: Second) -> dict[str, Any]:
    """Return the alarm on errors in the shape in which it is put."""
    name = "order-processing-error-alarm-staging"
    found: Any = stack.first.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    kept = ("AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    more = ("EvaluationPeriods", "ComparisonOperator", "TreatMissingData", "AlarmDescription")
    return {key: found[key] for key in (*kept, *more)}


def queue(stack: Second) -> str:
    """Return the URL of the dead letters."""
    return stack.first.sqs.get_queue_url(QueueName="order-processing-dlq-staging")["QueueUrl"]


HANDS: dict[str, tuple[str, str, Callable[[Second], Any]]] = {
    "trust policy": (
        "Role",
        "assumeRolePolicy",
        lambda s: s.first.iam.update_assume_role_policy(
            RoleName=s.function, PolicyDocument=json.dumps(TRUST)
        ),
    ),
    "inline policy": (
        "RolePolicy",
        "policy",
        lambda s: s.first.iam.put_role_policy(
            RoleName=s.function, PolicyName=s.function, PolicyDocument=json.dumps(GRANT)
        ),
    ),
    "retention": (
        "LogGroup",
        "retentionInDays",
        lambda s: s.first.logs.put_retention_policy(
            logGroupName=f"/aws/lambda/{s.function}", retentionInDays=1
        ),
    ),
    "visibility timeout": (
        "Queue",
        "visibilityTimeoutSeconds",
        lambda s: s.first.sqs.set_queue_attributes(
            QueueUrl=queue(s), Attributes={"VisibilityTimeout": "7"}
        ),
    ),
    "deletion protection": (
        "Table",
        "deletionProtectionEnabled",
        lambda s: s.first.dynamodb.update_table(
            TableName="order-processing-orders-staging", DeletionProtectionEnabled=True
        ),
    ),
    "threshold": (
        "MetricAlarm",
        "threshold",
        lambda s: s.first.cloudwatch.put_metric_alarm(**alarm(s), Threshold=1000),
    ),
    "dashboard": (
        "Dashboard",
        "dashboardBody",
        lambda s: s.first.cloudwatch.put_dashboard(
            DashboardName=s.function, DashboardBody='{"widgets": []}'
        ),
    ),
    "timeout": (
        "Function",
        "timeout",
        lambda s: s.first.lambda_.update_function_configuration(
            FunctionName=s.function, Timeout=77
        ),
    ),
    "reserved concurrency": (
        "Function",
        "reservedConcurrentExecutions",
        lambda s: s.first.lambda_.put_function_concurrency(
            FunctionName=s.function, ReservedConcurrentExecutions=3
        ),
    ),
    "tags": (
        "Function",
        "tags",
        lambda s: s.first.lambda_.tag_resource(
            Resource=s.first.lambda_.get_function(FunctionName=s.function)["Configuration"][
                "FunctionArn"
            ],
            Tags={"Team": "Others", "Foreign": "yes"},
        ),
    ),
    "code": (
        "Function",
        "codeSha256",
        lambda s: s.first.lambda_.update_function_code(
            FunctionName=s.function, ZipFile=foreign_code()
        ),
    ),
}
"""What is changed: the type and argument that must be named, and the hand that does it."""


def drift(stack: Second, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what differs from the state, `Type.argument` by what AWS holds; nothing is written."""
    for name, value in stack.first.environment.items():
        monkeypatch.setenv(name, value)
    loaded = project.load(ROOT, stack.stack, stack.config())
    found = deployment.refresh(loaded, stack.directory, write=False)
    return {
        f"{each.type.rpartition(':')[2]}.{key}": held
        for each in found
        for key, held in each.held.items()
    }


def test_each_is_named_and_all_are_put_right(
    staging: Second, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison names each argument and no other; one deployment that refreshes mends all."""
    settled = staging.first.lambda_.get_waiter("function_updated_v2")
    seen: list[str] = []
    assert drift(staging, monkeypatch) == {}
    for type_, argument, hand in HANDS.values():
        hand(staging)
        settled.wait(FunctionName=staging.function)
        seen.append(f"{type_}.{argument}")
        assert sorted(drift(staging, monkeypatch)) == sorted(seen)
    _, lines = staging.up(refreshed=True)
    assert {line.split()[1] for line in lines if line.split()[0] == "update"} == {
        type_ for type_, _, _ in HANDS.values()
    }
    assert drift(staging, monkeypatch) == {}


def test_a_foreign_code_is_never_published(staging: Second) -> None:
    """The next change of a setting publishes the artifact's code, and not what was put there."""
    staging.first.lambda_.update_function_code(
        FunctionName=staging.function, ZipFile=foreign_code()
    )
    outputs, _ = staging.up(refreshed=True, memoryMb="640")
    version = staging.first.lambda_.get_function_configuration(
        FunctionName=staging.function, Qualifier=outputs["candidateVersion"]
    )
    assert (version["MemorySize"], version["CodeSha256"]) == (640, outputs["codeSha256"])


def test_the_largest_event_is_not_lost(staging: Second) -> None:
    """Lambda takes asynchronous events of 1 MB; the dead letters take them too."""
    found = staging.first.sqs.get_queue_attributes(
        QueueUrl=queue(staging), AttributeNames=["MaximumMessageSize"]
    )
    assert int(found["Attributes"]["MaximumMessageSize"]) == MESSAGE_BYTES == 1_048_576
