"""The execution role's documents: the table, the queue, the log group, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pulumi

XRAY_POLICY_ARN = "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def trust() -> dict[str, Any]:
    """Let Lambda, and only Lambda, take the role."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


def execution(
    table_arn: pulumi.Input[str], queue_arn: pulumi.Input[str], log_arns: list[pulumi.Input[str]]
) -> dict[str, Any]:
    """What the function does: one conditional write, its dead letters, its log lines.

    `log_arns` are the group's and, with `:*`, its streams': the service authorization reference
    checks CreateLogStream against the one and PutLogEvents against the other.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("WriteOrders", ["dynamodb:PutItem"], table_arn),
            _allow("SendDeadLetters", ["sqs:SendMessage"], queue_arn),
            _allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_arns),
        ],
    }


def _allow(
    name: str, actions: list[str], resource: pulumi.Input[str] | list[pulumi.Input[str]]
) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
