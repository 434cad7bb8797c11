"""The decision over documents: actions, resources, conditions, limits, and AWS's words for it."""

from __future__ import annotations

from typing import Any

import pytest
from emulator.access.evaluation import Policies, denial
from emulator.errors import AwsError

ACTION, ARN = "lambda:GetFunction", "arn:aws:lambda:us-east-1:123456789012:function:orders"
CONTEXT = {"aws:principalarn": "arn:aws:iam::123456789012:role/some"}


def statement(effect: str = "Allow", **members: Any) -> dict[str, Any]:
    """A document of one statement, on everything where nothing is said."""
    return {"Statement": {"Effect": effect, "Action": "*", "Resource": "*", **members}}


def reason(*documents: dict[str, Any], **limits: list[dict[str, Any]]) -> str | None:
    """Why these deny; limits by kind, with `_` for a space."""
    named = {kind.replace("_", " "): found for kind, found in limits.items()}
    return denial(Policies(documents, named), ACTION, ARN, CONTEXT)


@pytest.mark.parametrize(
    ("members", "allowed"),
    [
        ({}, True),
        ({"Action": "LAMBDA:get*"}, True),
        ({"Action": ["s3:*", "lambda:GetFunctio?"]}, True),
        ({"Action": "lambda:Get"}, False),
        ({"Resource": ARN}, True),
        ({"Resource": ARN.upper()}, False),
        ({"Resource": f"{ARN}:*"}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::1"}}}, False),
        ({"Condition": {"ArnLike": {"aws:PrincipalArn": ["x", "arn:*:role/some"]}}}, True),
        ({"Condition": {"StringEquals": {"aws:absent": "x"}}}, False),
        ({"Condition": {"StringNotEquals": {"aws:absent": "x"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"aws:absent": "x"}}}, True),
        ({"Condition": {"StringNotLike": {"aws:PrincipalArn": "*some"}}}, False),
        ({"Condition": {"Null": {"aws:absent": "true"}}}, True),
        ({"Condition": {"Null": {"aws:PrincipalArn": True}}}, False),
    ],
    ids=str,
)
def test_a_statement_speaks_of_what_it_names(members: dict[str, Any], allowed: bool) -> None:
    """By action, resource and condition, each in its own case."""
    assert (reason(statement(**members)) is None) is allowed


def test_what_is_left_out_is_not_spoken_of() -> None:
    """NotAction and NotResource."""
    others = {"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"}
    elsewhere = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}
    assert reason({"Statement": [others]}) is not None
    assert reason({"Statement": [elsewhere]}) is None


def test_why_is_said_as_aws_says_it() -> None:
    """A denial wins wherever it stands; a limit has to allow as well."""
    deny, allow = statement("Deny"), statement()
    nothing = statement(Action="s3:*")
    assert reason() == f"because no identity-based policy allows the {ACTION} action"
    assert reason(allow, deny) == "with an explicit deny in an identity-based policy"
    assert reason(allow, permissions_boundary=[allow]) is None
    assert reason(allow, permissions_boundary=[nothing]) == (
        f"because no permissions boundary allows the {ACTION} action"
    )
    assert (
        reason(allow, session_policy=[allow, deny]) == "with an explicit deny in a session policy"
    )


def test_an_operator_that_is_not_emulated_says_so() -> None:
    """It neither allows nor denies in silence."""
    with pytest.raises(AwsError, match="IpAddress"):
        reason(statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
