"""Calls that IAM compares with a resource, or with keys of its own, and storage did not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.principals import ACCOUNT, Role, said
from emulator.tests.running import policy, trust

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


@pytest.mark.behaviour("P10")
def test_tags_of_a_table_are_read_by_who_may_read_that_table(emulator: RunningEmulator) -> None:
    """The table is named by its ARN there."""
    role = Role(emulator)
    client = emulator.client("dynamodb")
    table = {"TableName": role.name, "BillingMode": "PAY_PER_REQUEST"}
    arn = client.create_table(
        **table,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]
    role.may("dynamodb:ListTagsOfResource", on=arn)
    reader = role.client("dynamodb")
    assert reader.list_tags_of_resource(ResourceArn=arn)["Tags"] == []
    assert said(reader.list_tags_of_resource, ResourceArn=f"{arn}-other")


@pytest.mark.behaviour("P10")
def test_log_groups_are_listed_by_who_may_list_them_all(emulator: RunningEmulator) -> None:
    """Whichever prefix is asked for."""
    role = Role(emulator)
    role.may("logs:DescribeLogGroups", on=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*")
    assert "logGroups" in role.client("logs").describe_log_groups(logGroupNamePrefix="/none")


@pytest.mark.behaviour("P11")
def test_a_role_is_made_and_changed_with_its_boundary_only(emulator: RunningEmulator) -> None:
    """iam:PermissionsBoundary is the one that is asked for, or that of the role; iam:PolicyARN."""
    maker, name = Role(emulator), "bounded-by-its-maker"
    iam = emulator.client("iam")
    bound = iam.create_policy(PolicyName=name, PolicyDocument=policy("*"))["Policy"]["Arn"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": bound}}
    statement: dict[str, Any] = json.loads(policy("iam:*"))["Statement"][0]
    grants = {
        "make": {"Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Condition": bounded},
        "attach": {
            "Action": "iam:AttachRolePolicy",
            "Condition": {**bounded, "ArnEquals": {"iam:PolicyARN": bound}},
        },
    }
    for grant, members in grants.items():
        document = json.dumps({"Statement": [{**statement, **members}]})
        iam.put_role_policy(RoleName=maker.name, PolicyName=grant, PolicyDocument=document)
    made: Any = {"RoleName": name, "AssumeRolePolicyDocument": trust("lambda.amazonaws.com")}
    client = maker.client("iam")
    assert said(client.create_role, **made)
    client.create_role(**made, PermissionsBoundary=bound)
    put = {"PolicyName": "p", "PolicyDocument": policy("sqs:*")}
    client.put_role_policy(RoleName=name, **put)
    assert said(client.put_role_policy, RoleName=maker.name, **put)
    client.attach_role_policy(RoleName=name, PolicyArn=bound)
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert said(client.attach_role_policy, RoleName=name, PolicyArn=other)
