"""FilterLogEvents: page by page, with CloudWatch Logs' patterns of terms.

Source: CloudWatch Logs API Reference, FilterLogEvents; User Guide, filter pattern syntax.
"""

from __future__ import annotations

import base64
import heapq
import importlib
import json
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.corrections.json_service import Call, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PAGE_EVENTS = 10_000
_PAGE_BYTES = 1_048_576
_TERM = re.compile(r'([-?]?)(?:"((?:\\.|[^"\\])*)"|(\S+))')


class Position(NamedTuple):
    """Where a page ended: after `passed` events of the timestamp `moment`, None for none yet."""

    from_head: bool
    moment: int | None = None
    passed: int = 0

    def after(self, timestamp: int) -> Position:
        """The position once an event of `timestamp` is passed."""
        passed = self.passed + 1 if timestamp == self.moment else 1
        return Position(self.from_head, timestamp, passed)


async def filter_log_events(call: Call) -> dict[str, Any]:
    """The events of a group's streams by time; a page has at most 10,000 events and 1 MB."""
    given = call.given
    await call.stored({**given, "limit": 1, "filterPattern": ""})  # raises for a missing group
    if given.get("logStreamNames") and given.get("logStreamNamePrefix"):
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    limit = given.get("limit", _PAGE_EVENTS)
    if not 1 <= limit <= _PAGE_EVENTS:
        raise invalid(f"The value {limit} of limit is not between 1 and {_PAGE_EVENTS}.")
    matches = pattern(given.get("filterPattern", ""))
    position = _read(given["nextToken"]) if "nextToken" in given else None
    position = position or Position(given.get("startFromHead", True))
    page: list[dict[str, Any]] = []
    size = 0
    for event in _events(given, position):
        if matches(event["message"]):
            size += len(event["message"])
            if len(page) == limit or (page and size > _PAGE_BYTES):
                return {"events": page, "searchedLogStreams": [], "nextToken": _write(position)}
            page.append(event)
        position = position.after(event["timestamp"])
    return {"events": page, "searchedLogStreams": []}


def pattern(text: str) -> Callable[[str], bool]:
    """Whether a message has all terms, at least one of those with `?`, and none with `-`."""
    text = text.strip()
    if text[:1] in ("{", "[", "%"):
        raise invalid(f"This kind of filter pattern is not emulated: {text}")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for sign, quoted, bare in _TERM.findall(text):
        terms[sign].append(re.sub(r"\\(.)", r"\1", quoted) or bare)
    every, some, none = terms[""], terms["?"], terms["-"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in every)
            and (not some or any(term in message for term in some))
            and not any(term in message for term in none)
        )

    return matches


def named(identifier: str) -> str:
    """The name of a group that is given by its name or its ARN."""
    return identifier.rpartition(":log-group:")[2].removesuffix(":*")


def _events(given: Mapping[str, Any], position: Position) -> Iterator[dict[str, Any]]:
    """The events from `position` on, those of all streams merged by time."""
    ranges = [
        _range(name, stream["events"], given, position)
        for name, stream in _streams(given).items()
        if name.startswith(given.get("logStreamNamePrefix") or "")
        and name in (given.get("logStreamNames") or [name])
    ]
    left = position.passed
    for event in heapq.merge(*ranges, key=_by_time, reverse=not position.from_head):
        if event["timestamp"] == position.moment and left > 0:
            left -= 1
            continue
        yield event


def _range(
    stream: str, events: list[dict[str, Any]], given: Mapping[str, Any], position: Position
) -> Iterator[dict[str, Any]]:
    """One stream's events within the times asked for, from the position's timestamp on."""
    earliest, latest = given.get("startTime"), given.get("endTime")
    if position.moment is not None:
        if position.from_head:
            earliest = position.moment
        else:
            latest = position.moment
    start = 0 if earliest is None else bisect_left(events, earliest, key=_by_time)
    end = len(events) if latest is None else bisect_right(events, latest, key=_by_time)
    indices = range(start, end) if position.from_head else range(end - 1, start - 1, -1)
    for index in indices:
        yield {**events[index], "logStreamName": stream}


def _streams(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The streams that storage keeps of a group: more than 10,000 events cannot be asked for."""
    name = named(given.get("logGroupName") or given["logGroupIdentifier"])
    stored: Any = importlib.import_module("ministack.services.cloudwatch_logs")
    streams: dict[str, dict[str, Any]] = stored._log_groups[name]["streams"]  # noqa: SLF001
    return streams


def _by_time(event: Mapping[str, Any]) -> int:
    return int(event["timestamp"])


def _write(position: Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _read(token: str) -> Position:
    try:
        return Position(*json.loads(base64.urlsafe_b64decode(token)))
    except (ValueError, TypeError) as error:
        raise invalid("The specified nextToken is invalid.") from error
