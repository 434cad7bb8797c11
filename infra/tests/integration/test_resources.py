"""What the deployment left in AWS: resources, their configuration and their tags."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.tests.integration.deployed import Deployed

TAG_KEYS = {
    *("Environment", "Team", "CostCenter", "Application", "ManagedBy"),
    *("Repository", "Author", "PRNumber", "CreatedAt"),
}


def alarm(stack: Deployed, name: str) -> Any:
    """Return a metric alarm as CloudWatch describes it."""
    (found,) = stack.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def dimensions(metric: Any) -> dict[str, str]:
    """Return a metric's dimensions by name."""
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def test_function_is_active_with_the_artifacts_code(stack: Deployed) -> None:
    """Lambda runs the very bytes that the manifest names."""
    found = stack.lambda_.get_function_configuration(FunctionName=stack.function)
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
    assert found["CodeSha256"] == stack.manifest["codeSha256"] == stack.outputs["codeSha256"]


def test_function_has_the_agreed_configuration(stack: Deployed) -> None:
    """512 MB, 30 s, the Python that built the artifact, X-Ray active."""
    found = stack.lambda_.get_function_configuration(FunctionName=stack.function)
    assert (found["MemorySize"], found["Timeout"]) == (512, 30)
    assert found["Runtime"] == stack.manifest["runtime"]
    assert found["Handler"] == stack.manifest["handler"]
    assert found["TracingConfig"] == {"Mode": "Active"}


def test_function_is_configured_by_its_environment(stack: Deployed) -> None:
    """The table and what Powertools needs, nothing else."""
    found = stack.lambda_.get_function_configuration(FunctionName=stack.function)
    assert found["Environment"]["Variables"] == {
        "ORDERS_TABLE_NAME": stack.outputs["tableName"],
        "POWERTOOLS_SERVICE_NAME": "order-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "OrderProcessing",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def test_concurrency_is_reserved_in_the_account(stack: Deployed) -> None:
    """What the function reserves is no longer free for others."""
    found = stack.lambda_.get_function_concurrency(FunctionName=stack.function)
    assert found["ReservedConcurrentExecutions"] == stack.outputs["reservedConcurrency"] == 5
    limit = stack.lambda_.get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"] == 5


def test_first_version_is_live(stack: Deployed) -> None:
    """Version 1 is published and the alias points at it, without weights."""
    alias = stack.lambda_.get_alias(FunctionName=stack.function, Name="production")
    assert alias["FunctionVersion"] == "1"
    assert not alias.get("RoutingConfig")
    assert alias["AliasArn"] == stack.outputs["lambdaAliasArn"]


def test_published_version_is_what_was_deployed(stack: Deployed) -> None:
    """The version froze code, role, dead letters and environment of the deployment."""
    latest = stack.lambda_.get_function_configuration(FunctionName=stack.function)
    version = stack.lambda_.get_function_configuration(FunctionName=stack.function, Qualifier="1")
    for key in ("CodeSha256", "Role", "DeadLetterConfig", "Environment", "MemorySize"):
        assert dict(version)[key] == dict(latest)[key]


def test_alias_retries_twice_for_six_hours(stack: Deployed) -> None:
    """Asynchronous handling is set on the alias, from where it is not inherited."""
    config = stack.lambda_.get_function_event_invoke_config(
        FunctionName=stack.function, Qualifier="production"
    )
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 21_600)


def test_table_is_on_demand_and_encrypted(stack: Deployed) -> None:
    """Keyed by order id; `local` can be thrown away."""
    table = stack.dynamodb.describe_table(TableName=stack.outputs["tableName"])["Table"]
    assert table["KeySchema"] == [{"AttributeName": "orderId", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert not table.get("DeletionProtectionEnabled")


def test_what_has_the_attribute_expires(stack: Deployed) -> None:
    """Synthetic orders have it, others have not."""
    found = stack.dynamodb.describe_time_to_live(TableName=stack.outputs["tableName"])
    assert found["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expiresAt",
    }


def test_dead_letters_are_kept_for_14_days(stack: Deployed) -> None:
    """Hidden for 5 minutes while someone handles them."""
    found = stack.sqs.get_queue_attributes(
        QueueUrl=stack.outputs["dlqQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    assert found["QueueArn"] == stack.outputs["dlqQueueArn"]
    assert int(found["MessageRetentionPeriod"]) == 14 * 86_400
    assert int(found["VisibilityTimeout"]) == 300


def test_function_sends_dead_letters_to_the_queue(stack: Deployed) -> None:
    """The function's target is the stack's queue."""
    found = stack.lambda_.get_function_configuration(FunctionName=stack.function)
    assert found["DeadLetterConfig"]["TargetArn"] == stack.outputs["dlqQueueArn"]


def test_role_may_do_exactly_its_work(stack: Deployed) -> None:
    """One inline policy with three statements, and X-Ray's managed policy."""
    role = stack.function
    document: Any = stack.iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    allowed = {action for found in document["Statement"] for action in found["Action"]}
    assert allowed == {
        *("dynamodb:PutItem", "sqs:SendMessage"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
    }
    attached = stack.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert [found["PolicyName"] for found in attached] == ["AWSXRayDaemonWriteAccess"]


def test_logs_are_kept_for_seven_days(stack: Deployed) -> None:
    """The group exists before the first line, with its retention."""
    name = stack.outputs["logGroupName"]
    groups = stack.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [(found["logGroupName"], found["retentionInDays"]) for found in groups] == [(name, 7)]


def test_error_alarm_counts_over_five_minutes(stack: Deployed) -> None:
    """More than one error of the function, in sum."""
    found = alarm(stack, stack.outputs["alarmName"])
    assert dimensions(found) == {"FunctionName": stack.function}
    assert (found["Statistic"], found["Period"], found["Threshold"]) == ("Sum", 300, 1)


@pytest.mark.parametrize("watched", ["errors", "duration"])
def test_release_alarms_watch_the_candidate(stack: Deployed, watched: str) -> None:
    """They look at the alias's short name and the version of this deployment."""
    found = alarm(stack, f"order-processing-release-{watched}-local")
    queries = [query["MetricStat"]["Metric"] for query in found.get("Metrics", [])
               if "MetricStat" in query]  # fmt: skip
    for metric in queries or [found]:
        assert dimensions(metric) == {
            "FunctionName": stack.function,
            "Resource": f"{stack.function}:production",
            "ExecutedVersion": "1",
        }


def test_throttle_alarm_is_a_share(stack: Deployed) -> None:
    """One expression is returned, over the alias's throttles and invocations."""
    found = alarm(stack, "order-processing-release-throttles-local")
    (share,) = [query for query in found["Metrics"] if query.get("ReturnData")]
    assert "throttles / (throttles + invocations)" in share["Expression"]


def test_dashboard_is_stored(stack: Deployed) -> None:
    """CloudWatch took the body: a title, seven metric widgets and the log."""
    found = stack.cloudwatch.get_dashboard(DashboardName=stack.outputs["dashboardName"])
    kinds = [widget["type"] for widget in json.loads(found["DashboardBody"])["widgets"]]
    assert sorted(kinds) == ["log", *["metric"] * 7, "text"]


def _pairs(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _alarm_tags(stack: Deployed) -> dict[str, str]:
    arn = alarm(stack, stack.outputs["alarmName"])["AlarmArn"]
    return _pairs(stack.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"])


def _table_tags(stack: Deployed) -> dict[str, str]:
    name = stack.outputs["tableName"]
    arn = stack.dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    return _pairs(stack.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"])


def _log_group_tags(stack: Deployed) -> dict[str, str]:
    name = stack.outputs["logGroupName"]
    (group,) = stack.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    arn = group["arn"].removesuffix(":*")
    return dict(stack.logs.list_tags_for_resource(resourceArn=arn)["tags"])


TAGS: dict[str, Callable[[Deployed], dict[str, str]]] = {
    "function": lambda s: dict(
        s.lambda_.list_tags(Resource=s.outputs["lambdaFunctionArn"])["Tags"]
    ),
    "role": lambda s: _pairs(s.iam.list_role_tags(RoleName=s.function)["Tags"]),
    "queue": lambda s: dict(s.sqs.list_queue_tags(QueueUrl=s.outputs["dlqQueueUrl"])["Tags"]),
    "table": _table_tags,
    "log group": _log_group_tags,
    "alarm": _alarm_tags,
}


@pytest.mark.parametrize("kind", list(TAGS))
def test_every_kind_of_resource_is_tagged(stack: Deployed, kind: str) -> None:
    """All nine tags reach AWS, with the stack's name and the committed day."""
    tags = TAGS[kind](stack)
    assert set(tags) == TAG_KEYS
    assert (tags["Environment"], tags["CreatedAt"]) == ("local", "2026-11-23")


UNSAID = ("commit", "plan", "watchSeconds")


def test_the_release_tool_discovers_the_stacks_outputs(stack: Deployed, tmp_path: Path) -> None:
    """A machine that did not deploy reads from AWS what the deployment wrote, name for name; only
    of which commit it was, and how to release and watch it, is a question for a deployment.
    """
    found = tmp_path / "outputs.json"
    command = ["-m", "release", "--outputs", str(found), "discover", "--stack", "local"]
    subprocess.run([sys.executable, *command], cwd=ROOT, env=dict(stack.environment), check=True)
    written = {name: value for name, value in stack.outputs.items() if name not in UNSAID}
    assert json.loads(found.read_text()) == written
