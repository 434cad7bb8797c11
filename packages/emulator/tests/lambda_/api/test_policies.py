"""Policies of functions, versions and aliases, through a real boto3 client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
INVALID = "InvalidParameterValueException"
NOT_FOUND = "ResourceNotFoundException"


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the function `orders`, version 1 and alias `live`."""
    made = bench(tmp_path)
    made.create()
    made.publish()
    made.client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return made


@pytest.mark.behaviour("V39")
def test_a_permission_is_added_shown_and_removed(account: Bench) -> None:
    """The policy is a document of statements, one per qualifier."""
    client = account.client
    added = client.add_permission(
        FunctionName="orders",
        Qualifier="live",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r",
        SourceAccount=ACCOUNT,
    )
    policy = json.loads(client.get_policy(FunctionName="orders", Qualifier="live")["Policy"])
    assert policy["Statement"] == [json.loads(added["Statement"])]
    assert policy["Statement"][0] == {
        "Sid": "events",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": f"{ARN}:live",
        "Condition": {
            "ArnLike": {"AWS:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"},
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
        },
    }
    missing = (404, NOT_FOUND, "The resource you requested does not exist.")
    assert refusal(client.get_policy, FunctionName="orders") == missing
    client.remove_permission(FunctionName="orders", Qualifier="live", StatementId="events")
    assert refusal(client.get_policy, FunctionName="orders", Qualifier="live") == missing


@pytest.mark.behaviour("V6")
def test_a_permission_gives_its_owner_a_new_revision(account: Bench) -> None:
    """Of the function, and the wrong one is refused; what calls run stays the same."""
    client, running = account.client, account.registry.resolve("orders").version
    statement: Any = {
        "FunctionName": "orders",
        "StatementId": "one",
        "Action": "lambda:InvokeFunction",
        "Principal": ACCOUNT,
    }
    before = account.registry.get("orders").latest.revision_id
    client.add_permission(**statement)
    assert account.registry.get("orders").latest.revision_id != before
    assert account.registry.resolve("orders").version is running
    wrong = refusal(
        client.remove_permission, FunctionName="orders", StatementId="one", RevisionId=before
    )
    assert wrong[0] == 412
    assert wrong[2].endswith("Call the GetPolicy API to retrieve the latest Revision Id")
    taken = refusal(client.add_permission, **statement)
    assert taken[:2] == (409, "ResourceConflictException")


@pytest.mark.behaviour("V39")
def test_function_version_and_alias_each_have_a_policy(account: Bench) -> None:
    """A statement of one is none of the others'."""
    for qualifier in ("", "1", "live"):
        place: Any = {"FunctionName": "orders", **({"Qualifier": qualifier} if qualifier else {})}
        account.client.add_permission(
            **place, StatementId=f"s{qualifier}", Action="lambda:InvokeFunction", Principal=ACCOUNT
        )
        policy = json.loads(account.client.get_policy(**place)["Policy"])
        (statement,) = policy["Statement"]
        assert statement["Sid"] == f"s{qualifier}"
        assert statement["Resource"] == f"{ARN}:{qualifier}".rstrip(":")


@pytest.mark.behaviour("V39")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"Qualifier": "$LATEST"},
            (400, INVALID, "We currently do not support adding policies for $LATEST."),
        ),
        ({"Qualifier": "absent"}, (404, NOT_FOUND, f"Cannot find alias arn: {ARN}:absent")),
        ({"Qualifier": "42"}, (404, NOT_FOUND, f"Function not found: {ARN}:42")),
        (
            {"Principal": "nobody"},
            (
                400,
                INVALID,
                "The provided principal was invalid. Please check the principal and try again.",
            ),
        ),
    ],
)
def test_a_permission_is_refused_in_aws_words(
    account: Bench, params: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    """Policies belong to functions, versions and aliases that exist."""
    statement = {"FunctionName": "orders", "StatementId": "s", "Action": "*", "Principal": "*"}
    assert refusal(account.client.add_permission, **(statement | params)) == expected


def test_removing_what_is_not_there_is_refused(account: Bench) -> None:
    """No policy at all and no such statement are two refusals."""
    remove = account.client.remove_permission
    params: Any = {"FunctionName": "orders"}
    first = refusal(remove, **params, StatementId="s")
    account.client.add_permission(**params, StatementId="t", Action="*", Principal="*")
    second = refusal(remove, **params, StatementId="s")
    assert first == (404, NOT_FOUND, "No policy is associated with the given resource.")
    assert second == (404, NOT_FOUND, "Statement s is not found in resource policy.")


@pytest.mark.behaviour("V43")
def test_a_policy_keeps_its_revision_while_its_function_changes(account: Bench) -> None:
    """A publish gives the function a new one and the policy none, so that a change goes through."""
    client = account.client
    statement: Any = {
        "FunctionName": "orders", "Action": "lambda:InvokeFunction", "Principal": ACCOUNT,
    }  # fmt: skip
    client.add_permission(**statement, StatementId="one")
    revision = client.get_policy(FunctionName="orders")["RevisionId"]
    assert revision == account.registry.get("orders").latest.revision_id
    account.publish()
    assert account.registry.get("orders").latest.revision_id != revision
    assert client.get_policy(FunctionName="orders")["RevisionId"] == revision
    client.add_permission(**statement, StatementId="two", RevisionId=revision)
    assert client.get_policy(FunctionName="orders")["RevisionId"] != revision


def test_a_missing_functions_policy_is_what_is_not_found(account: Bench) -> None:
    """Removing a statement words it so (recorded)."""
    seen = refusal(account.client.remove_permission, FunctionName="absent", StatementId="one")
    assert seen == (404, NOT_FOUND, f"No policy found for: {ARN.replace('orders', 'absent')}")
