from __future__ import annotations

import contextlib
import itertools
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.lambda_client import refusal

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

_names = itertools.count()


@pytest.fixture
def tables(emulator: RunningEmulator) -> Any:
    """A client for DynamoDB."""
    return emulator.client("dynamodb")


@pytest.fixture
def table(emulator: RunningEmulator) -> dict[str, str]:
    """A table that is there, as calls name it."""
    named = {"TableName": f"table-{next(_names)}"}
    emulator.table(named["TableName"], "k")
    return named


@pytest.mark.behaviour("S8")
def test_a_table_is_not_there_at_once(unhurried: RunningEmulator) -> None:
    """CreateTable is asynchronous: neither items nor changes before the table is ACTIVE."""
    tables = unhurried.client("dynamodb")
    table = {"TableName": "slow"}
    created = tables.create_table(
        **table,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert created["TableDescription"]["TableStatus"] == "CREATING"
    item = {**table, "Item": {"k": {"S": "1"}}}
    keys = {"slow": {"Keys": [{"k": {"S": "1"}}]}}
    codes = [
        refusal(tables.put_item, **item)[1],
        refusal(tables.batch_get_item, RequestItems=keys)[1],
        refusal(tables.delete_table, **table)[1],
        refusal(tables.update_time_to_live, **table, TimeToLiveSpecification=expiry("at"))[1],
        refusal(
            tables.update_continuous_backups, **table, PointInTimeRecoverySpecification=recovery()
        )[1],
    ]
    assert codes == [
        *["ResourceNotFoundException"] * 2,
        *["ResourceInUseException"] * 2,
        "ContinuousBackupsUnavailableException",
    ]
    assert tables.describe_table(**table)["Table"]["TableStatus"] == "CREATING"


def expiry(attribute: str, *, enabled: bool = True) -> dict[str, Any]:
    """A TimeToLiveSpecification."""
    return {"AttributeName": attribute, "Enabled": enabled}


def recovery(**days: int) -> dict[str, Any]:
    """A PointInTimeRecoverySpecification."""
    return {"PointInTimeRecoveryEnabled": True, **days}


@pytest.mark.behaviour("S9")
def test_time_to_live_is_set_once(tables: Any, table: dict[str, str]) -> None:
    """UpdateTimeToLive refuses what is so already, and another attribute."""

    def refused(attribute: str, *, enabled: bool) -> tuple[int, str, str]:
        asked = expiry(attribute, enabled=enabled)
        return refusal(tables.update_time_to_live, **table, TimeToLiveSpecification=asked)

    already = (400, "ValidationException", "TimeToLive is already disabled")
    assert refused("at", enabled=False) == already
    tables.update_time_to_live(**table, TimeToLiveSpecification=expiry("at"))
    assert refused("at", enabled=True)[2] == "TimeToLive is already enabled"
    assert refused("other", enabled=True)[2].endswith("current AttributeName is at")
    tables.update_time_to_live(**table, TimeToLiveSpecification=expiry("at", enabled=False))
    told = tables.describe_time_to_live(**table)["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "DISABLED"}


@pytest.mark.behaviour("S10")
def test_how_far_recovery_goes_back(tables: Any, table: dict[str, str]) -> None:
    """RecoveryPeriodInDays: 35 unless told otherwise, from 1 to 35; told again."""

    def update(specification: dict[str, Any]) -> Any:
        return tables.update_continuous_backups(
            **table, PointInTimeRecoverySpecification=specification
        )

    for asked, days in ((recovery(), 35), (recovery(RecoveryPeriodInDays=7), 7)):
        for answer in (update(asked), tables.describe_continuous_backups(**table)):
            told = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            assert told["RecoveryPeriodInDays"] == days
    _, code, text = refusal(lambda: update(recovery(RecoveryPeriodInDays=36)))
    assert (code, "between 1 and 35" in text) == ("ValidationException", True)


@pytest.mark.behaviour("S10")
def test_a_missing_table_has_no_backups(tables: Any) -> None:
    """An error of its own: the AWS provider passes over this one only."""
    for call, further in (
        (tables.describe_continuous_backups, {}),
        (tables.update_continuous_backups, {"PointInTimeRecoverySpecification": recovery()}),
    ):
        refused = refusal(call, TableName="absent", **further)
        assert refused == (400, "TableNotFoundException", "Table not found: absent")


@pytest.mark.behaviour("S11")
@pytest.mark.parametrize("operation", ["ListTables", "Nonsense"])
def test_every_answer_has_its_checksum(emulator: RunningEmulator, operation: str) -> None:
    """The refusal of an operation that there is not as well."""
    client = emulator.another_client("dynamodb")
    seen = []

    def ask(request: Any, **_: object) -> None:
        request.headers.replace_header("X-Amz-Target", f"DynamoDB_20120810.{operation}")

    def check(response_dict: dict[str, Any], **_: object) -> None:
        told = response_dict["headers"].get("x-amz-crc32")
        seen.append(told == str(zlib.crc32(response_dict["body"])))

    client.meta.events.register("before-sign", ask)
    client.meta.events.register("before-parse", check)
    with contextlib.suppress(ClientError):
        client.list_tables()
    assert seen == [True]
