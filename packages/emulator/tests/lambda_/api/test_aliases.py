"""Aliases through a real boto3 client: routing, compare-and-swap and every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, ROLE, bench, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.tests.lambda_client import Bench
    from types_boto3_lambda.type_defs import AliasRoutingConfigurationTypeDef

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
INVALID = "InvalidParameterValueException"
WEIGHT = (
    "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
    "Member must have value greater than or equal to 0.0, Member must not be null]"
)


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the function `orders`, versions 1 and 2 and alias `live` to 1."""
    made = bench(tmp_path)
    made.create()
    made.publish()
    made.publish()
    made.client.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")
    return made


def routing(**weights: float) -> AliasRoutingConfigurationTypeDef:
    """RoutingConfig of versions given as `v2=0.1`."""
    return {"AdditionalVersionWeights": {name[1:]: weight for name, weight in weights.items()}}


def shown(answer: Any) -> dict[str, Any]:
    """An answer without what differs from call to call."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.behaviour("V25")
def test_an_alias_is_created_and_read_back(account: Bench) -> None:
    """201 with every member; the weights are there only where some were set."""
    created = account.client.create_alias(
        FunctionName="orders",
        Name="canary",
        FunctionVersion="1",
        Description="ten percent",
        RoutingConfig=routing(v2=0.1),
    )
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(created) == {
        "AliasArn": f"{ARN}:canary",
        "Name": "canary",
        "FunctionVersion": "1",
        "Description": "ten percent",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
        "RevisionId": created["RevisionId"],
    }
    read = account.client.get_alias(FunctionName="orders", Name="canary")
    assert shown(read) == shown(created)
    plain = account.client.get_alias(FunctionName="orders", Name="live")
    assert "RoutingConfig" not in plain


@pytest.mark.behaviour("V28", "V8")
def test_an_update_changes_what_it_mentions(account: Bench) -> None:
    """Members left out keep their values; the revision is always new."""
    update = account.client.update_alias
    first = update(FunctionName="orders", Name="live", RoutingConfig=routing(v2=0.5))
    second = update(FunctionName="orders", Name="live", Description="canary")
    assert second["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.5}
    assert second["FunctionVersion"] == "1"
    assert first["RevisionId"] != second["RevisionId"]
    cleared: Any = update(FunctionName="orders", Name="live", RoutingConfig=routing())
    assert "RoutingConfig" not in cleared
    assert cleared["Description"] == "canary"


@pytest.mark.behaviour("V28", "V31")
def test_promotion_moves_and_clears_at_once(account: Bench) -> None:
    """The new primary together with empty weights is one valid update; alone it is not."""
    update = account.client.update_alias
    update(FunctionName="orders", Name="live", RoutingConfig=routing(v2=0.5))
    status, code, message = refusal(update, FunctionName="orders", Name="live", FunctionVersion="2")
    assert (status, code) == (400, INVALID)
    assert message == (
        "Invalid function version 2. Function version 2 is already included in routing "
        "configuration."
    )
    promoted = update(
        FunctionName="orders", Name="live", FunctionVersion="2", RoutingConfig=routing()
    )
    assert promoted["FunctionVersion"] == "2"
    assert account.registry.resolve("orders", "live").version.version == "2"


@pytest.mark.behaviour("V9", "V10")
def test_only_one_of_two_writers_wins(account: Bench) -> None:
    """RevisionId makes an update a compare-and-swap; the loser changes nothing."""
    revision = account.client.get_alias(FunctionName="orders", Name="live")["RevisionId"]
    write = {"FunctionName": "orders", "Name": "live", "RevisionId": revision}
    account.client.update_alias(**write, FunctionVersion="2")  # type: ignore[arg-type]
    lost = refusal(account.client.update_alias, **write, FunctionVersion="1")
    assert lost == (
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    )
    assert account.registry.functions["orders"].aliases["live"].function_version == "2"


@pytest.mark.behaviour("V8")
def test_an_alias_changes_no_revision_but_its_own(account: Bench) -> None:
    """Function and versions keep theirs."""
    function = account.registry.get("orders")
    before = (function.latest, dict(function.versions))
    account.client.create_alias(FunctionName="orders", Name="other", FunctionVersion="1")
    account.client.update_alias(FunctionName="orders", Name="other", FunctionVersion="2")
    assert (function.latest, function.versions) == before


@pytest.mark.behaviour("V29", "V30", "V31", "V32", "V33")
@pytest.mark.parametrize(
    ("version", "weights", "status", "code", "message"),
    [
        ("9", None, 404, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        ("1", {"9": 0.1}, 404, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
        (
            "1",
            {"2": 0.1, "3": 0.1},
            400,
            INVALID,
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ),
        (
            "1",
            {"1": 0.1},
            400,
            INVALID,
            "Invalid function version 1. Function version 1 is already included in routing "
            "configuration.",
        ),
        (
            "$LATEST",
            {"1": 0.1},
            400,
            INVALID,
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ),
        (
            "1",
            {"$LATEST": 0.5},
            400,
            "ValidationException",
            "1 validation error detected: Value '{$LATEST=0.5}' at "
            "'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must "
            "satisfy constraint: [Member must have length less than or equal to 1024, Member must "
            "have length greater than or equal to 1, Member must satisfy regular expression "
            "pattern: [0-9]+]",
        ),
        (
            "1",
            {"2": 2.0},
            400,
            "ValidationException",
            "1 validation error detected: Value '{2=2.0}' at "
            f"'routingConfig.additionalVersionWeights' failed to satisfy constraint: {WEIGHT}",
        ),
    ],
)
@pytest.mark.parametrize("operation", ["create_alias", "update_alias"])
def test_a_wrong_route_is_refused_and_changes_nothing(
    account: Bench,
    operation: str,
    version: str,
    weights: dict[str, float] | None,
    status: int,
    code: str,
    message: str,
) -> None:
    """The same refusals at creation and update."""
    before = dict(account.registry.functions["orders"].aliases)
    name = "new" if operation == "create_alias" else "live"
    params: dict[str, Any] = {"FunctionName": "orders", "Name": name, "FunctionVersion": version}
    if weights is not None:
        params["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    seen = refusal(getattr(account.client, operation), **params)
    assert seen == (status, code, message)
    assert account.registry.functions["orders"].aliases == before


@pytest.mark.behaviour("V30")
@pytest.mark.parametrize("weight", ["-1.0", "1.01", "1e999"])
def test_a_weight_is_a_share(account: Bench, weight: str) -> None:
    """Outside 0 to 1 is refused also where no SDK has looked at it before."""
    body = f'{{"RoutingConfig": {{"AdditionalVersionWeights": {{"2": {weight}}}}}}}'
    path = "/2015-03-31/functions/orders/aliases/live"
    response = account.request("PUT", path, body.encode())
    assert response.status == 400
    assert WEIGHT in response.body.decode()


@pytest.mark.behaviour("V34")
@pytest.mark.parametrize(
    "change",
    [
        {"Role": f"{ROLE}-other"},
        {"DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dlq"}},
    ],
    ids=["role", "dead letters"],
)
def test_versions_of_other_role_or_dead_letters_do_not_share_an_alias(
    account: Bench, change: dict[str, Any]
) -> None:
    """Weighted routing needs the same execution role and dead-letter configuration."""
    account.client.update_function_configuration(FunctionName="orders", **change)
    account.settle()
    version = account.publish()
    status, code, message = refusal(
        account.client.update_alias,
        FunctionName="orders",
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {version: 0.1}},
    )
    assert (status, code) == (400, INVALID)
    assert message.startswith(f"Function versions 1 and {version} cannot share an alias")


@pytest.mark.behaviour("V26")
def test_a_name_is_taken_once(account: Bench) -> None:
    """A duplicate is a 409 that names the ARN."""
    seen = refusal(
        account.client.create_alias, FunctionName="orders", Name="live", FunctionVersion="2"
    )
    assert seen == (409, "ResourceConflictException", f"Alias already exists: {ARN}:live")


@pytest.mark.behaviour("V26")
def test_a_name_is_not_a_number(account: Bench) -> None:
    """Digits alone would be a version."""
    seen = refusal(
        account.client.create_alias, FunctionName="orders", Name="2024", FunctionVersion="1"
    )
    assert seen == (
        400,
        "ValidationException",
        "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    )


@pytest.mark.behaviour("I28")
def test_absent_aliases_differ_by_operation(account: Bench) -> None:
    """Get and update word their 404s differently, delete does not mind."""
    client, absent = account.client, {"FunctionName": "orders", "Name": "absent"}
    assert refusal(client.get_alias, **absent)[2] == f"Cannot find alias arn: {ARN}:absent"
    assert refusal(client.update_alias, **absent)[2] == f"Alias not found: {ARN}:absent"
    deleted = client.delete_alias(FunctionName="orders", Name="absent")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_aliases_are_listed_by_name_and_by_version(account: Bench) -> None:
    """The filter looks at the primary version."""
    account.client.create_alias(FunctionName="orders", Name="beta", FunctionVersion="2")
    every = account.client.list_aliases(FunctionName="orders")["Aliases"]
    second = account.client.list_aliases(FunctionName="orders", FunctionVersion="2")["Aliases"]
    assert [alias["Name"] for alias in every] == ["beta", "live"]
    assert [alias["Name"] for alias in second] == ["beta"]


@pytest.mark.behaviour("V32")
def test_an_alias_may_follow_latest(account: Bench) -> None:
    """A plain alias to `$LATEST` runs whatever `$LATEST` is."""
    account.client.create_alias(FunctionName="orders", Name="dev", FunctionVersion="$LATEST")
    target = account.registry.resolve("orders", "dev")
    assert (target.version.version, target.resource) == ("$LATEST", "orders:dev")


@pytest.mark.behaviour("A14")
def test_a_deleted_alias_leaves_its_event_config(account: Bench) -> None:
    """AWS does not remove it; an alias of the same name finds it again."""
    account.client.put_function_event_invoke_config(
        FunctionName="orders", Qualifier="live", MaximumRetryAttempts=0
    )
    account.client.delete_alias(FunctionName="orders", Name="live")
    assert account.registry.event_invoke_config("orders", "live").maximum_retry_attempts == 0
