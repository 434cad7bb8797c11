"""Functions through a real boto3 client: answers, states, updates, listing, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import ACCOUNT, REGION, bench, refusal, zipped

if TYPE_CHECKING:
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


def state(account: Bench, **params: Any) -> tuple[str | None, str | None]:
    """State and LastUpdateStatus as GetFunctionConfiguration shows them."""
    shown = account.client.get_function_configuration(FunctionName="orders", **params)
    return shown.get("State"), shown.get("LastUpdateStatus")


def test_creation_answers_with_the_defaults_of_lambda(tmp_path: Path) -> None:
    """A new function is pending and shows AWS's defaults."""
    created = bench(tmp_path).create(wait=False)
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    expected = {
        "FunctionArn": ARN,
        "Version": "$LATEST",
        "Timeout": 3,
        "MemorySize": 128,
        "Description": "",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/orders"},
        "LastModified": "2023-11-14T22:13:20.250+0000",
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }
    assert {name: created.get(name) for name in expected} == expected
    assert "LastUpdateStatus" not in created
    assert "Environment" not in created


def test_every_setting_is_read_back(tmp_path: Path) -> None:
    """What creation is given, GetFunction shows."""
    settings: dict[str, Any] = {
        "Timeout": 30,
        "MemorySize": 512,
        "Description": "takes orders",
        "Environment": {"Variables": {"ORDERS_TABLE_NAME": "orders"}},
        "TracingConfig": {"Mode": "Active"},
        "DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dlq"},
        "EphemeralStorage": {"Size": 1024},
        "Architectures": ["arm64"],
    }
    account = bench(tmp_path)
    account.create(
        **settings, LoggingConfig={"LogFormat": "JSON", "LogGroup": "g"}, Tags={"Team": "orders"}
    )
    account.client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    shown: Any = account.client.get_function(FunctionName="orders")
    assert {name: shown["Configuration"][name] for name in settings} == settings
    assert shown["Configuration"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "g",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
    }
    assert shown["Tags"] == {"Team": "orders"}
    assert shown["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    assert shown["Code"]["Location"].startswith("http://")


@pytest.mark.behaviour("V1", "V2")
def test_states_follow_a_function_through_its_life(tmp_path: Path) -> None:
    """Pending, active, in progress, successful; updates are refused until the last is done."""
    account = bench(tmp_path)
    account.create(wait=False)
    update = account.client.update_function_configuration
    assert state(account) == ("Pending", None)
    assert refusal(update, FunctionName="orders", Timeout=9)[0] == 409
    account.settle()
    assert state(account) == ("Active", "Successful")
    update(FunctionName="orders", Timeout=9)
    assert state(account) == ("Active", "InProgress")
    account.settle()
    assert state(account) == ("Active", "Successful")


@pytest.mark.behaviour("V3")
def test_nothing_changes_a_function_while_an_update_is_in_progress(account: Bench) -> None:
    """A second change, a publish and a tag wait their turn with 409."""
    client = account.client
    client.update_function_code(FunctionName="orders", ZipFile=zipped("a = 1"))
    conflict = (409, "ResourceConflictException", IN_PROGRESS)
    code = {"FunctionName": "orders", "ZipFile": zipped()}
    assert refusal(client.update_function_code, **code) == conflict
    assert refusal(client.update_function_configuration, FunctionName="orders") == conflict
    assert refusal(client.publish_version, FunctionName="orders") == conflict
    assert refusal(client.tag_resource, Resource=ARN, Tags={"a": "b"}) == conflict


@pytest.mark.behaviour("V5")
def test_waiters_of_boto3_end(account: Bench) -> None:
    """The states satisfy the waiters that deployments use."""
    account.client.get_waiter("function_active_v2").wait(FunctionName="orders")
    account.client.get_waiter("function_updated_v2").wait(FunctionName="orders")
    version = account.publish()
    account.client.get_waiter("published_version_active").wait(
        FunctionName="orders", Qualifier=version
    )


def test_an_update_keeps_what_it_does_not_mention(account: Bench) -> None:
    """Members left out keep their values; an empty environment replaces."""
    update = account.client.update_function_configuration
    update(FunctionName="orders", Timeout=9, Environment={"Variables": {"AA": "1", "BB": "2"}})
    account.settle()
    shown = update(FunctionName="orders", MemorySize=256, Environment={"Variables": {}})
    assert (shown["Timeout"], shown["MemorySize"]) == (9, 256)
    assert shown["Environment"] == {"Variables": {}}


def test_a_dry_run_changes_nothing(account: Bench) -> None:
    """DryRun answers as if, and keeps the code."""
    before = account.registry.functions["orders"].latest
    answer = account.client.update_function_code(
        FunctionName="orders", ZipFile=zipped("d = 1"), DryRun=True
    )
    assert answer["CodeSha256"] != before.code_sha256
    assert account.registry.functions["orders"].latest is before


def test_functions_are_listed_with_or_without_versions(account: Bench) -> None:
    """ListFunctions shows `$LATEST` of each, with ALL every version too."""
    account.create("billing")
    account.publish()
    names = [f["FunctionName"] for f in account.client.list_functions()["Functions"]]
    everything = account.client.list_functions(FunctionVersion="ALL")["Functions"]
    assert names == ["billing", "orders"]
    assert [f["Version"] for f in everything] == ["$LATEST", "$LATEST", "1"]


def test_a_foreign_marker_is_refused(account: Bench) -> None:
    """Only markers that this operation gave out lead anywhere."""
    status, code, _ = refusal(account.client.list_functions, Marker="?")
    assert (status, code) == (400, "InvalidParameterValueException")


@pytest.mark.behaviour("V24")
def test_deletion_takes_everything_along(account: Bench) -> None:
    """Versions, aliases and reservation go; a second deletion is a 404."""
    version = account.publish()
    account.client.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
    account.client.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=9)
    gone = account.client.delete_function(FunctionName="orders")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert account.registry.unreserved_concurrency() == 1000
    missing = (404, "ResourceNotFoundException", f"Function not found: {ARN}")
    assert refusal(account.client.delete_function, FunctionName="orders") == missing


def test_configuration_by_alias_shows_the_alias(account: Bench) -> None:
    """The ARN is the one asked for, the version the alias's primary."""
    version = account.publish()
    account.client.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
    shown = account.client.get_function_configuration(FunctionName="orders:live")
    assert (shown["FunctionArn"], shown["Version"]) == (f"{ARN}:live", version)
