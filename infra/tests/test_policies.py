"""Least privilege, read off the documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.tests.recording import BOUNDARY, deploy

if TYPE_CHECKING:
    from pathlib import Path

    from infra.tests.recording import Recording


def documents(recording: Recording) -> list[dict[str, Any]]:
    """Return every policy document that the stack registers."""
    keys = ("policy", "assumeRolePolicy")
    inputs = [resource.inputs for resource in recording.resources.values()]
    return [json.loads(found[key]) for found in inputs for key in keys if key in found]


def statements(recording: Recording) -> list[dict[str, Any]]:
    """Return the statements of all documents."""
    return [statement for document in documents(recording) for statement in document["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    """Return a statement's actions as a list."""
    found = statement["Action"]
    return [found] if isinstance(found, str) else found


def resources(statement: dict[str, Any]) -> list[str]:
    """Return a statement's resources as a list; a trust policy has none."""
    found = statement.get("Resource", [])
    return [found] if isinstance(found, str) else found


def test_no_statement_allows_more_than_it_names(dev: Recording) -> None:
    """No wildcard action, no NotAction, no wildcard resource but a log group's own streams."""
    assert len(documents(dev)) == 2
    for statement in statements(dev):
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Principal"}
        assert not [action for action in actions(statement) if "*" in action]
        for resource in resources(statement):
            assert "*" not in resource.removesuffix(":*")


def test_the_function_may_do_exactly_its_work(dev: Recording) -> None:
    """One write to the one table, one queue, the streams of one log group."""
    allowed = {arn: actions(s) for s in statements(dev) for arn in resources(s)}
    logging = ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert allowed == {
        "arn:order-processing-orders-dev": ["dynamodb:PutItem"],
        "arn:order-processing-dlq-dev": ["sqs:SendMessage"],
        "arn:/aws/lambda/order-processing-dev": logging,
        "arn:/aws/lambda/order-processing-dev:*": logging,
    }


def test_traces_go_through_the_managed_policy_alone(dev: Recording) -> None:
    """X-Ray has no resources to name; AWS's own policy is the narrowest."""
    attachment = dev.only(":RolePolicyAttachment").inputs
    assert attachment["policyArn"] == "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"


def test_a_boundary_bounds_the_role(dev: Recording, artifact_directory: Path) -> None:
    """The role carries the boundary that the stack names, and none where it says `none`."""
    assert dev.only(":Role").inputs["permissionsBoundary"] == BOUNDARY
    free = deploy("dev", artifact_directory, permissionsBoundaryArn="none")
    assert "permissionsBoundary" not in free.only(":Role").inputs


def test_only_lambda_takes_the_role(dev: Recording) -> None:
    """The trust policy names one service."""
    (trust,) = [s for s in statements(dev) if "Principal" in s]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert actions(trust) == ["sts:AssumeRole"]
