"""The execution role on calls of the emulator's own services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
CALLER = """
    import boto3, botocore.exceptions

    def handler(event, context):
        client = boto3.client(event["service"])
        try:
            getattr(client, event["operation"])(**event["parameters"])
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]
        return "allowed"
"""


def calls(name: str) -> list[dict[str, object]]:
    """One call of each of this emulator's own services, in their different protocols."""
    alarm = {"AlarmNames": ["absent"]}
    function = {"FunctionName": f"{name}:$LATEST", "InvocationType": "DryRun"}
    return [
        {"service": "lambda", "operation": "invoke", "parameters": function},
        {"service": "lambda", "operation": "list_functions", "parameters": {}},
        {"service": "cloudwatch", "operation": "delete_alarms", "parameters": alarm},
        {"service": "cloudwatch", "operation": "list_metrics", "parameters": {}},
    ]


@pytest.mark.behaviour("E25")
def test_the_role_is_enforced_on_calls_of_lambda_and_cloudwatch(emulator: RunningEmulator) -> None:
    """What the role may not is denied in AWS's words; a resource that it names is the only one."""
    refused = emulator.deploy(CALLER, Role=emulator.role("sqs:*"), Timeout=20)
    for call in calls(refused):
        error = emulator.invoke(refused, call).payload
        assert error["Code"].startswith("AccessDenied"), (call, error)
        assert f"/{refused} is not authorized to perform: " in error["Message"]
    wanted = f"lambda:InvokeFunction on resource: {ARN}:{refused}:$LATEST because no identity"
    assert wanted in emulator.invoke(refused, calls(refused)[0]).payload["Message"]
    role = emulator.role("lambda:InvokeFunction", "lambda:ListFunctions", "cloudwatch:*")
    allowed = emulator.deploy(CALLER, Role=role, Timeout=20)
    assert [emulator.invoke(allowed, call).payload for call in calls(allowed)] == ["allowed"] * 4
