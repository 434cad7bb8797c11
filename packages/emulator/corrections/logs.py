"""CloudWatch Logs: batches in order and in time, groups that are protected from deletion.

Source: CloudWatch Logs API Reference, and botocore's service model, of the operations named.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from emulator.corrections.insights import check_query
from emulator.corrections.json_service import Call, JsonService, invalid
from emulator.corrections.log_search import filter_log_events, named
from emulator.errors import AwsError

if TYPE_CHECKING:
    from emulator.clock import Clock
    from emulator.corrections.serving import Serve

_MAX_EVENTS = 10_000
_MAX_BYTES = 1_048_576
_EVENT_OVERHEAD = 26
_HOUR_MS = 3_600_000
_PAST_MS = 14 * 24 * _HOUR_MS
_FUTURE_MS = 2 * _HOUR_MS


def corrected(serve: Serve, _: Clock) -> Serve:
    """CloudWatch Logs with its corrections."""
    protected = Protected()
    return JsonService(
        serve,
        {
            "PutLogEvents": put_log_events,
            "FilterLogEvents": filter_log_events,
            "StartQuery": start_query,
            "CreateLogGroup": protected.create,
            "DeleteLogGroup": protected.delete,
            "DescribeLogGroups": protected.describe,
            "PutLogGroupDeletionProtection": protected.put,
        },
    )


async def put_log_events(call: Call) -> dict[str, Any]:
    """A batch is chronological and has bounds; what is too old or new in it is left out.

    PutLogEvents; RejectedLogEventsInfo.
    """
    events = call.given.get("logEvents") or []
    _check_batch(events)
    now = time.time() * 1000
    times = [event["timestamp"] for event in events]
    kept_from = now - await _retention_ms(call, times, now)
    old = sum(moment < now - _PAST_MS for moment in times)
    expired = sum(moment < kept_from for moment in times)
    new = len(times) - sum(moment > now + _FUTURE_MS for moment in times)
    accepted = events[max(old, expired) : new]
    if accepted and accepted[-1]["timestamp"] - accepted[0]["timestamp"] > 24 * _HOUR_MS:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours."
        )
    all_of_them = len(accepted) == len(events)
    answer = await call.stored(None if all_of_them else {**call.given, "logEvents": accepted})
    rejected = {
        "tooOldLogEventEndIndex": old or None,
        "expiredLogEventEndIndex": expired if expired > old else None,
        "tooNewLogEventStartIndex": new if new < len(times) else None,
    }
    told = {name: index for name, index in rejected.items() if index is not None}
    return {**answer, "rejectedLogEventsInfo": told} if told else answer


def _check_batch(events: list[dict[str, Any]]) -> None:
    if not 1 <= len(events) <= _MAX_EVENTS:
        raise invalid(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: "
            "Member must have length less than or equal to 10000 and greater than or equal to 1"
        )
    size = sum(len(event["message"].encode(errors="replace")) + _EVENT_OVERHEAD for event in events)
    if size > _MAX_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {_MAX_BYTES}")
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")


async def _retention_ms(call: Call, times: list[int], now: float) -> float:
    """How long the group keeps its events; not asked where none is older than the least, a day."""
    if times[0] > now - 24 * _HOUR_MS:
        return _PAST_MS
    days = (await _group(call, call.given["logGroupName"])).get("retentionInDays")
    return float(days * 24 * _HOUR_MS) if days else _PAST_MS


async def _group(call: Call, name: str) -> dict[str, Any]:
    """What storage tells of a group."""
    found = await call.stored({"logGroupNamePrefix": name}, "DescribeLogGroups")
    for group in found["logGroups"]:
        if group["logGroupName"] == name:
            return dict(group)
    raise AwsError("ResourceNotFoundException", f"The specified log group does not exist: {name}")


async def start_query(call: Call) -> dict[str, Any]:
    """Refuse a query that storage would understand only in part; StartQuery."""
    check_query(call.given.get("queryString", ""))
    if call.given.get("queryLanguage", "CWLI") != "CWLI":
        raise invalid("queryLanguage is not emulated: queries are in Logs Insights QL (CWLI)")
    return await call.stored()


class Protected:
    """Which log groups are protected from deletion; PutLogGroupDeletionProtection."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    async def create(self, call: Call) -> dict[str, Any]:
        """Create a group, protected from its beginning where that is asked for."""
        answer = await call.stored()
        self._set(call.given["logGroupName"], bool(call.given.get("deletionProtectionEnabled")))
        return answer

    async def put(self, call: Call) -> dict[str, Any]:
        """Protect a group, or no longer."""
        name = named(call.given["logGroupIdentifier"])
        await _group(call, name)
        self._set(name, bool(call.given.get("deletionProtectionEnabled")))
        return {}

    async def describe(self, call: Call) -> dict[str, Any]:
        """Each group tells whether it is protected."""
        answer = await call.stored()
        for group in answer["logGroups"]:
            group["deletionProtectionEnabled"] = group["logGroupName"] in self._names
        return answer

    async def delete(self, call: Call) -> dict[str, Any]:
        """Delete a group unless it is protected."""
        name = call.given.get("logGroupName", "")
        if name in self._names:
            raise AwsError(
                "ValidationException",
                f"The log group {name} cannot be deleted: its deletion protection is enabled.",
            )
        return await call.stored()

    def _set(self, name: str, protected: bool) -> None:
        if protected:
            self._names.add(name)
        else:
            self._names.discard(name)
