"""Revisions and published versions through a real boto3 client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, ROLE, bench, refusal, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.tests.lambda_client import Bench

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
WRONG_REVISION = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
IN_PROGRESS = (
    f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
)


@pytest.fixture
def account(tmp_path: Path) -> Bench:
    """An account with the active function `orders`."""
    made = bench(tmp_path)
    made.create()
    return made


@pytest.mark.behaviour("V4", "V6")
def test_revisions_change_with_every_change_and_its_completion(account: Bench) -> None:
    """Even a redundant update gives a new revision twice: at the call and when done."""
    read = account.client.get_function_configuration
    first = read(FunctionName="orders")["RevisionId"]
    second = account.client.update_function_configuration(FunctionName="orders")["RevisionId"]
    account.settle()
    third = read(FunctionName="orders")["RevisionId"]
    assert len({first, second, third}) == 3
    assert read(FunctionName="orders")["RevisionId"] == third


@pytest.mark.behaviour("V9", "V10")
@pytest.mark.parametrize("operation", ["code", "configuration", "publish"])
def test_a_wrong_revision_changes_nothing(account: Bench, operation: str) -> None:
    """Each operation with a RevisionId is a compare-and-swap."""
    client = account.client
    before = account.registry.functions["orders"].latest
    calls: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "code": (client.update_function_code, {"ZipFile": zipped("b = 1")}),
        "configuration": (client.update_function_configuration, {"Timeout": 9}),
        "publish": (client.publish_version, {}),
    }
    call, params = calls[operation]
    wrong = refusal(call, FunctionName="orders", RevisionId="wrong", **params)
    assert wrong == (412, "PreconditionFailedException", WRONG_REVISION)
    assert account.registry.functions["orders"].latest is before
    assert account.registry.functions["orders"].versions == {}
    call(FunctionName="orders", RevisionId=before.revision_id, **params)


@pytest.mark.behaviour("V18")
def test_a_published_version_never_changes(account: Bench) -> None:
    """Later updates show in `$LATEST` alone."""
    read = account.client.get_function_configuration
    version = account.publish()
    before = read(FunctionName="orders", Qualifier=version)
    account.client.update_function_configuration(
        FunctionName="orders", Timeout=9, Environment={"Variables": {"AA": "1"}}
    )
    account.settle()
    account.publish()
    after = read(FunctionName="orders", Qualifier=version)
    assert {**after, "ResponseMetadata": 0} == {**before, "ResponseMetadata": 0}
    assert after["FunctionArn"] == f"{ARN}:1"


@pytest.mark.behaviour("V7", "V14")
def test_publishing_the_same_again_gives_the_same_version(account: Bench) -> None:
    """No change, no new version and no new revision, whatever the description; still 201."""
    publish = account.client.publish_version
    first = publish(FunctionName="orders", Description="one")
    latest = account.registry.functions["orders"].latest
    account.client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=1)
    second = publish(FunctionName="orders", Description="two")
    assert second["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (second["Version"], second["RevisionId"]) == (first["Version"], first["RevisionId"])
    assert second["Description"] == "one"
    assert account.registry.functions["orders"].latest is latest


def test_a_deleted_version_is_not_published_again(account: Bench) -> None:
    """Unchanged code whose version is gone gets a version of its own, with the next number."""
    publish = account.client.publish_version
    account.client.delete_function(
        FunctionName="orders", Qualifier=publish(FunctionName="orders")["Version"]
    )
    assert publish(FunctionName="orders")["Version"] == "2"


@pytest.mark.behaviour("V6", "V13")
def test_publishing_gives_latest_a_new_revision(account: Bench) -> None:
    """A new version also changes the revision of `$LATEST`."""
    before = account.registry.functions["orders"].latest.revision_id
    version = account.client.publish_version(FunctionName="orders")
    after = account.registry.functions["orders"].latest.revision_id
    assert len({before, after, version["RevisionId"]}) == 3
    assert version["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (version["State"], version["LastUpdateStatus"]) == ("Active", "Successful")


@pytest.mark.behaviour("V15")
def test_every_changed_setting_makes_a_new_version(account: Bench) -> None:
    """Environment, memory, role and the rest are part of a version."""
    changes: list[dict[str, Any]] = [
        {"Timeout": 4},
        {"MemorySize": 256},
        {"Handler": "app.other"},
        {"Runtime": "python3.12"},
        {"Role": f"{ROLE}-other"},
        {"Description": "other"},
        {"Environment": {"Variables": {"AA": "1"}}},
        {"TracingConfig": {"Mode": "Active"}},
        {"EphemeralStorage": {"Size": 600}},
        {"LoggingConfig": {"LogFormat": "JSON"}},
        {"DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dlq"}},
    ]
    for number, change in enumerate(changes, start=1):
        account.client.update_function_configuration(FunctionName="orders", **change)
        account.settle()
        version = account.client.publish_version(FunctionName="orders")["Version"]
        assert version == str(number)
    account.client.update_function_code(FunctionName="orders", ZipFile=zipped("other = 1"))
    account.settle()
    published = account.client.publish_version(FunctionName="orders")["Version"]
    assert published == str(len(changes) + 1)


@pytest.mark.behaviour("V11")
def test_publishing_other_code_than_expected_is_refused(account: Bench) -> None:
    """CodeSha256 guards against a code change between upload and publish."""
    current = account.registry.functions["orders"].latest.code_sha256
    status, code, message = refusal(
        account.client.publish_version, FunctionName="orders", CodeSha256="other"
    )
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == (
        f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({current}). "
        "Please try again with the CodeSHA256 in $LATEST."
    )
    account.client.publish_version(FunctionName="orders", CodeSha256=current)


@pytest.mark.behaviour("V17")
def test_numbers_are_never_used_twice(account: Bench) -> None:
    """Neither after a version's deletion nor after the function's."""
    assert [account.publish(), account.publish()] == ["1", "2"]
    account.client.delete_function(FunctionName="orders", Qualifier="2")
    assert account.publish() == "3"
    account.client.delete_function(FunctionName="orders")
    assert account.create(Publish=True)["Version"] == "4"


@pytest.mark.behaviour("V21")
def test_publishing_on_the_way_answers_with_the_version(tmp_path: Path) -> None:
    """A creation answers with `$LATEST` under the version's number, new code with the version."""
    account = bench(tmp_path)
    created = account.create(Publish=True)
    assert (created["Version"], created["FunctionArn"]) == ("1", ARN)
    first = account.client.get_function_configuration(FunctionName="orders", Qualifier="1")
    assert first["FunctionArn"] == f"{ARN}:1"
    assert first["RevisionId"] != created["RevisionId"]
    updated = account.client.update_function_code(
        FunctionName="orders", ZipFile=zipped("c = 1"), Publish=True
    )
    assert (updated["Version"], updated["FunctionArn"]) == ("2", f"{ARN}:2")
    assert updated["State"] == "Pending"
    account.settle()
    settled = account.client.get_function_configuration(FunctionName="orders", Qualifier="2")
    assert (settled["State"], settled["LastUpdateStatus"]) == ("Active", "Successful")


def test_versions_are_listed_page_by_page(account: Bench) -> None:
    """`$LATEST` first with a qualified ARN, no states, each version once over all pages."""
    for _ in range(3):
        account.publish()
    pages = account.client.get_paginator("list_versions_by_function").paginate(
        FunctionName="orders", PaginationConfig={"PageSize": 2}
    )
    listed = [version for page in pages for version in page["Versions"]]
    assert [version["Version"] for version in listed] == ["$LATEST", "1", "2", "3"]
    assert listed[0]["FunctionArn"] == f"{ARN}:$LATEST"
    assert all("State" not in version for version in listed)


@pytest.mark.behaviour("V22")
def test_a_version_in_use_is_not_deleted(account: Bench) -> None:
    """Neither as an alias's primary nor as its weighted version."""
    account.publish()
    account.publish()
    account.client.create_alias(
        FunctionName="orders",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.0}},
    )
    for version in ("1", "2"):
        status, code, message = refusal(
            account.client.delete_function, FunctionName="orders", Qualifier=version
        )
        assert (status, code) == (409, "ResourceConflictException")
        assert message.endswith("because the following aliases reference it: [live]")
    assert set(account.registry.functions["orders"].versions) == {"1", "2"}


@pytest.mark.behaviour("V23")
def test_only_numbers_are_deleted_by_qualifier(account: Bench) -> None:
    """An unknown number is no error; `$LATEST` and aliases are refused."""
    delete = account.client.delete_function
    delete(FunctionName="orders", Qualifier="77")
    assert refusal(delete, FunctionName="orders", Qualifier="$LATEST")[2] == (
        "$LATEST version cannot be deleted without deleting the function."
    )
    assert refusal(delete, FunctionName="orders", Qualifier="live")[2] == (
        "Deletion of aliases is not currently supported."
    )
