"""The properties of a dashboard's metric widget held against their documented structure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Finding = tuple[str, str]
"""A path below the properties, and what is wrong there."""

_ALARM_ARN = re.compile(r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+")
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_SHORT_PERIODS = (1, 5, 10, 20, 30)
_MAX_NAMES = 2 + 2 * 30
_NOT_ARRAYS = (
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer '
    "object as last element"
)
_NOT_STRING = "Invalid metric field type, only 'String' type is allowed"


def metric_faults(properties: dict[str, Any]) -> Iterator[Finding]:
    """Everything wrong with the properties of a metric widget."""
    alarms = _annotated_alarms(properties)
    if "metrics" not in properties and alarms is None:
        yield "", "Should have required property 'metrics'"
    if alarms is not None and not _is_one_arn(alarms):
        yield "/annotations/alarms", "Should be an array of one alarm ARN"
    if not isinstance(properties.get("region"), str):
        yield "", "Should have required property 'region'"
    yield from _display(properties)
    if "metrics" in properties:
        yield from _metrics(properties["metrics"])


def _annotated_alarms(properties: dict[str, Any]) -> Any:
    annotations = properties.get("annotations")
    return annotations.get("alarms") if isinstance(annotations, dict) else None


def _is_one_arn(alarms: Any) -> bool:
    return (
        isinstance(alarms, list)
        and len(alarms) == 1
        and isinstance(alarms[0], str)
        and _ALARM_ARN.fullmatch(alarms[0]) is not None
    )


def _display(properties: dict[str, Any]) -> Iterator[Finding]:
    if properties.get("view", "timeSeries") not in _VIEWS:
        yield "/view", "Should be equal to one of the allowed values"
    for name, kind, noun in (
        ("stacked", bool, "boolean"),
        ("stat", str, "string"),
        ("title", str, "string"),
        ("annotations", dict, "object"),
        ("yAxis", dict, "object"),
    ):
        if name in properties and not isinstance(properties[name], kind):
            yield f"/{name}", f"Should be {noun}"
    if "period" in properties:
        yield from _period(properties["period"], "/period")


def _period(period: Any, path: str) -> Iterator[Finding]:
    whole = isinstance(period, int) and not isinstance(period, bool)
    if not whole or period <= 0 or (period % 60 and period not in _SHORT_PERIODS):
        yield path, "Should be a multiple of 60"


def _metrics(metrics: Any) -> Iterator[Finding]:
    if not isinstance(metrics, list):
        yield "/metrics", _NOT_ARRAYS
        return
    before: list[str] = []
    for index, entry in enumerate(metrics):
        path = f"/metrics/{index}"
        if not isinstance(entry, list) or not entry:
            yield path, _NOT_ARRAYS
            continue
        options = entry[-1] if isinstance(entry[-1], dict) else {}
        names = entry[:-1] if isinstance(entry[-1], dict) else entry
        yield from _options(options, f"{path}/{len(names)}")
        if any(not isinstance(name, str) for name in names):
            yield path, _NOT_STRING
        elif names or "expression" not in options:
            message, before = _expanded(names, before)
            if message:
                yield path, message


def _expanded(names: list[str], before: list[str]) -> tuple[str | None, list[str]]:
    """`names` with `.` and `...` replaced from the entry above, and what is wrong with them."""
    result = list(names)
    if "..." in names:
        place = names.index("...")
        tail = names[place + 1 :]
        if place or len(tail) > len(before):
            return "'...' should stand first and repeat what the entry above has", before
        result = before[: len(before) - len(tail)] + tail
    for index, name in enumerate(result):
        if name == ".":
            if index >= len(before):
                return "'.' should repeat what the entry above has", before
            result[index] = before[index]
    if len(result) < 2:
        return "Should NOT have less than 2 items", result
    if len(result) % 2:
        return "Should have a value for each dimension", result
    if len(result) > _MAX_NAMES:
        return f"Should NOT have more than {_MAX_NAMES} items", result
    return None, result


def _options(options: dict[str, Any], path: str) -> Iterator[Finding]:
    for name in ("expression", "label", "stat", "color", "region", "id"):
        if name in options and not isinstance(options[name], str):
            yield f"{path}/{name}", "Should be string"
    identity = options.get("id")
    if isinstance(identity, str) and not _ID.fullmatch(identity):
        yield f"{path}/id", "Should match pattern ^[a-z][a-zA-Z0-9_]*$"
    if options.get("yAxis", "left") not in ("left", "right"):
        yield f"{path}/yAxis", "Should be equal to one of the allowed values"
    if not isinstance(options.get("visible", True), bool):
        yield f"{path}/visible", "Should be boolean"
    if "period" in options:
        yield from _period(options["period"], f"{path}/period")
