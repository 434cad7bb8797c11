"""The execution role's documents: table, queue and log group of its service, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pulumi


@dataclass(frozen=True, slots=True)
class Table:
    """A service's table: `name` as its declaration has it, and its ARN."""

    name: str
    arn: pulumi.Input[str]


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
    table: Table | None, queue_arn: pulumi.Input[str], log_arns: list[pulumi.Input[str]]
) -> dict[str, Any]:
    """What the function does: a write to the table it may have, its dead letters, its log lines.

    `log_arns` are the group's and, with `:*`, its streams': the service authorization reference
    checks CreateLogStream against the one and PutLogEvents against the other.
    """
    written = []
    if table:
        name = table.name.title().replace("-", "")
        written = [_allow(f"Write{name}", ["dynamodb:PutItem"], table.arn)]
    return {
        "Version": "2012-10-17",
        "Statement": [
            *written,
            _allow("SendDeadLetters", ["sqs:SendMessage"], queue_arn),
            _allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], log_arns),
        ],
    }


def _allow(
    name: str, actions: list[str], resource: pulumi.Input[str] | list[pulumi.Input[str]]
) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
