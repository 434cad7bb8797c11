"""DynamoDB: a table takes a while to be there; time to live and recovery keep their rules.

Source: DynamoDB API Reference, and botocore's service model, of the operations named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.corrections.json_service import Call, JsonService
from emulator.corrections.serving import RefusedError
from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.clock import Clock
    from emulator.corrections.serving import Answer, Serve

_CREATING_SECONDS = 2.0
"""How long a table is CREATING: AWS says "asynchronous", and takes some seconds."""

_OF_ITEMS = (
    "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem",
    "BatchWriteItem",
)  # fmt: skip
_RECOVERY_DAYS = range(1, 36)


def corrected(serve: Serve, clock: Clock) -> Serve:
    """DynamoDB with its corrections; items are looked at while a table is being created only."""
    tables = Tables(clock)
    operations = {
        "CreateTable": tables.create,
        "DescribeTable": tables.describe,
        "UpdateTable": tables.change,
        "DeleteTable": tables.change,
        "UpdateTimeToLive": tables.expire,
        "DescribeTimeToLive": describe_time_to_live,
        "UpdateContinuousBackups": tables.back_up,
        "DescribeContinuousBackups": tables.describe_backups,
    }
    usual = JsonService(serve, operations)
    creating = JsonService(serve, {**operations, **dict.fromkeys(_OF_ITEMS, tables.items)})

    async def answer(*request: Any) -> Answer:
        return await (creating if tables.creating() else usual)(*request)

    return answer


class Tables:
    """What storage does not keep of tables: until when one is being created, and its recovery."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active_from: dict[str, float] = {}
        self._recovery_days: dict[str, int] = {}

    def creating(self) -> set[str]:
        """The tables that are being created."""
        if not self._active_from:
            return set()
        now = self._clock.now()
        self._active_from = {name: at for name, at in self._active_from.items() if at > now}
        return set(self._active_from)

    async def create(self, call: Call) -> dict[str, Any]:
        """The table is CREATING at first; CreateTable."""
        answer = await call.stored()
        name = _name(call)
        self._active_from[name] = self._clock.now() + self._clock.wait(_CREATING_SECONDS)
        self._recovery_days.pop(name, None)
        answer["TableDescription"]["TableStatus"] = "CREATING"
        return answer

    async def describe(self, call: Call) -> dict[str, Any]:
        """Tell the status; DescribeTable."""
        answer = await call.stored()
        if _name(call) in self.creating():
            answer["Table"]["TableStatus"] = "CREATING"
        return answer

    async def change(self, call: Call) -> dict[str, Any]:
        """Nothing of a table can be changed before it is there; UpdateTable, DeleteTable."""
        self._require_created(call)
        return await call.stored()

    async def items(self, call: Call) -> dict[str, Any]:
        """A table that is being created has no items yet."""
        named = {_name(call), *call.given.get("RequestItems", {})}
        if named & self.creating():
            raise AwsError("ResourceNotFoundException", "Requested resource not found")
        return await call.stored()

    async def expire(self, call: Call) -> dict[str, Any]:
        """Time to live is not set to what it is, nor to another attribute; UpdateTimeToLive."""
        self._require_created(call)
        asked = call.given["TimeToLiveSpecification"]
        answer = await call.stored({"TableName": call.given["TableName"]}, "DescribeTimeToLive")
        found = answer["TimeToLiveDescription"]
        enabled, current = found["TimeToLiveStatus"] == "ENABLED", found.get("AttributeName")
        if enabled and current != asked["AttributeName"]:
            raise AwsError(
                "ValidationException",
                "TimeToLive is active on a different AttributeName: current AttributeName is "
                f"{current}",
            )
        if enabled == bool(asked["Enabled"]):
            state = "enabled" if enabled else "disabled"
            raise AwsError("ValidationException", f"TimeToLive is already {state}")
        return await call.stored()

    async def back_up(self, call: Call) -> dict[str, Any]:
        """Recovery goes back 1 to 35 days, 35 unless told otherwise; UpdateContinuousBackups."""
        name = _name(call)
        if name in self.creating():
            raise AwsError(
                "ContinuousBackupsUnavailableException",
                f"Backups are being enabled for the table: {name}. Please retry later",
            )
        days = call.given["PointInTimeRecoverySpecification"].get("RecoveryPeriodInDays", 35)
        if days not in _RECOVERY_DAYS:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{days}' at 'pointInTimeRecoverySpecification"
                ".recoveryPeriodInDays' failed to satisfy constraint: Member must be between 1 and "
                "35",
            )
        await _require_table(call)
        answer = await call.stored()
        self._recovery_days[name] = days
        return self._with_recovery(name, answer)

    async def describe_backups(self, call: Call) -> dict[str, Any]:
        """Tell them, or that there is no such table; DescribeContinuousBackups."""
        await _require_table(call)
        return self._with_recovery(_name(call), await call.stored())

    def _with_recovery(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        recovery = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] == "ENABLED":
            recovery["RecoveryPeriodInDays"] = self._recovery_days.get(name, 35)
        return answer

    def _require_created(self, call: Call) -> None:
        name = _name(call)
        if name in self.creating():
            raise AwsError(
                "ResourceInUseException",
                "Attempt to change a resource which is still in use: Table is being created: "
                f"{name}",
            )


async def describe_time_to_live(call: Call) -> dict[str, Any]:
    """Where it is disabled no attribute is named; DescribeTimeToLive."""
    answer = await call.stored()
    found = answer["TimeToLiveDescription"]
    if found["TimeToLiveStatus"] == "DISABLED":
        found.pop("AttributeName", None)
    return answer


async def _require_table(call: Call) -> None:
    try:
        await call.stored({"TableName": call.given["TableName"]}, "DescribeTable")
    except RefusedError as error:
        raise AwsError("TableNotFoundException", f"Table not found: {_name(call)}") from error


def _name(call: Call) -> str:
    """The table that a request names, by its name or its ARN; empty for none."""
    return str(call.given.get("TableName", "")).rpartition("table/")[2]
