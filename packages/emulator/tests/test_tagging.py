from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.observed import queue

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

ALARM: Any = {
    "AlarmName": "tagged",
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Statistic": "Sum",
    "Period": 86_400,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture(scope="module")
def arns(emulator: RunningEmulator) -> dict[str, str]:
    """A function, an alarm and a queue of one team, by their kind."""
    tags = {"tagging-team": "orders"}
    name = emulator.deploy("def handler(event, context): return 1", Tags=tags)
    emulator.deploy("def handler(event, context): return 1", Tags={"tagging-team": "bills"})
    listed: Any = [{"Key": "tagging-team", "Value": "orders"}]
    emulator.client("cloudwatch").put_metric_alarm(**ALARM, Tags=listed)
    url, arn = queue(emulator)
    emulator.client("sqs").tag_queue(QueueUrl=url, Tags=tags)
    ours = "us-east-1:123456789012"
    return {
        "lambda:function": f"arn:aws:lambda:{ours}:function:{name}",
        "cloudwatch:alarm": f"arn:aws:cloudwatch:{ours}:alarm:tagged",
        "sqs": arn,
    }


def found(emulator: RunningEmulator, **filters: Any) -> set[str]:
    """The ARNs that GetResources answers for the team."""
    team: Any = [{"Key": "tagging-team", "Values": ["orders"]}]
    client = emulator.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(TagFilters=team, **filters)
    return {item["ResourceARN"] for page in pages for item in page["ResourceTagMappingList"]}


def test_functions_and_alarms_are_among_the_tagged(
    emulator: RunningEmulator, arns: dict[str, str]
) -> None:
    """API reference, GetResources: by tags, and by types of resources."""
    assert found(emulator) == {*arns.values()}
    for kind, arn in arns.items():
        assert found(emulator, ResourceTypeFilters=[kind]) == {arn}
    assert found(emulator, ResourceTypeFilters=["lambda"]) == {arns["lambda:function"]}
    assert found(emulator, ResourceTypeFilters=["cloudwatch:dashboard"]) == set()


def test_their_keys_and_values_are_told(emulator: RunningEmulator, arns: dict[str, str]) -> None:
    """API reference, GetTagKeys and GetTagValues."""
    client = emulator.client("resourcegroupstaggingapi")
    assert "tagging-team" in client.get_tag_keys()["TagKeys"]
    assert client.get_tag_values(Key="tagging-team")["TagValues"] == ["bills", "orders"]
    assert arns


def test_what_it_cannot_tag_is_named(emulator: RunningEmulator, arns: dict[str, str]) -> None:
    """A function's tags are changed by Lambda; a queue's here as well."""
    client = emulator.client("resourcegroupstaggingapi")
    with pytest.raises(ClientError, match="by its own service's TagResource"):
        client.tag_resources(ResourceARNList=[arns["lambda:function"]], Tags={"a": "b"})
    done = client.tag_resources(ResourceARNList=[arns["sqs"]], Tags={"a": "b"})
    assert done["FailedResourcesMap"] == {}
