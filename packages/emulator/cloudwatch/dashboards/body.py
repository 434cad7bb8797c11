"""The body of a dashboard held against its documented structure.

Source: CloudWatch API reference, Dashboard Body Structure and Syntax. Faults carry the JSON path
that CloudWatch reports; its wording is followed where it is publicly known.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.dashboards.metric_widget import metric_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WIDGETS = 500
_VARIABLES = 25
_ALARMS = 100
_ALARM_ARN = re.compile(r"arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+")
_QUERY = re.compile(r"\s*SOURCE\s+\S.*", re.DOTALL | re.IGNORECASE)
_LAYOUT = {"x": (0, 23), "y": (0, None), "width": (1, 24), "height": (1, 1000)}
_WIDGET_MEMBERS = {"type", "properties", "id", *_LAYOUT}
_LOG_VIEWS = ("table", "timeSeries", "bar", "pie")
_SORTS = ("default", "stateUpdatedTimestamp", "timestamp")
_STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: an error that refuses the body, or a warning that goes with its success."""

    path: str
    message: str
    warning: bool = False


def body_faults(text: str) -> list[Fault]:
    """Everything that is wrong with the dashboard body `text`."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return [Fault("/", "The field DashboardBody must be a valid JSON object")]
    if not isinstance(body, dict):
        return [Fault("/", "The field DashboardBody must be a valid JSON object")]
    return list(_body(body))


def _body(body: dict[str, Any]) -> Iterator[Fault]:
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        yield Fault("/widgets", "Should be an array")
        return
    if len(widgets) > _WIDGETS:
        yield Fault("/widgets", f"Should NOT have more than {_WIDGETS} items")
    variables = body.get("variables", [])
    if not isinstance(variables, list) or len(variables) > _VARIABLES:
        yield Fault("/variables", f"Should be an array of at most {_VARIABLES} items")
    if body.get("periodOverride", "auto") not in ("auto", "inherit"):
        yield Fault("/periodOverride", "Should be equal to one of the allowed values")
    for member in ("start", "end"):
        if not isinstance(body.get(member, ""), str):
            yield Fault(f"/{member}", "Should be string")
    for index, widget in enumerate(widgets):
        yield from _widget(widget, f"/widgets/{index}")


def _widget(widget: Any, path: str) -> Iterator[Fault]:
    if not isinstance(widget, dict):
        yield Fault(path, "Should be object")
        return
    for name in sorted(widget.keys() - _WIDGET_MEMBERS):
        yield Fault(f"{path}/{name}", "Unknown property", warning=True)
    yield from _layout(widget, path)
    kind = widget.get("type")
    if not isinstance(kind, str) or kind not in _PROPERTIES:
        yield Fault(f"{path}/type", "Should be equal to one of the allowed values")
        return
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        yield Fault(path, "Should have required property 'properties'")
        return
    yield from _PROPERTIES[kind](properties, f"{path}/properties")


def _layout(widget: dict[str, Any], path: str) -> Iterator[Fault]:
    if ("x" in widget) != ("y" in widget):
        yield Fault(path, "Should have both x and y, or neither")
    for name, (least, most) in _LAYOUT.items():
        value = widget.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool):
            yield Fault(f"{path}/{name}", "Should be integer")
        elif value < least:
            yield Fault(f"{path}/{name}", f"Should be >= {least}")
        elif most is not None and value > most:
            yield Fault(f"{path}/{name}", f"Should be <= {most}")


def _metric(properties: dict[str, Any], path: str) -> Iterator[Fault]:
    for place, message in metric_faults(properties):
        yield Fault(f"{path}{place}", message)


def _required_text(properties: dict[str, Any], name: str, path: str) -> Iterator[Fault]:
    if name not in properties:
        yield Fault(path, f"Should have required property '{name}'")
    elif not isinstance(properties[name], str):
        yield Fault(f"{path}/{name}", "Should be string")


def _text(properties: dict[str, Any], path: str) -> Iterator[Fault]:
    yield from _required_text(properties, "markdown", path)


def _log(properties: dict[str, Any], path: str) -> Iterator[Fault]:
    yield from _required_text(properties, "region", path)
    yield from _required_text(properties, "query", path)
    query = properties.get("query")
    if isinstance(query, str) and not _QUERY.fullmatch(query):
        yield Fault(f"{path}/query", "Should begin with SOURCE and the name of a log group")
    if properties.get("view", "table") not in _LOG_VIEWS:
        yield Fault(f"{path}/view", "Should be equal to one of the allowed values")


def _alarm(properties: dict[str, Any], path: str) -> Iterator[Fault]:
    alarms = properties.get("alarms")
    if not isinstance(alarms, list) or not 1 <= len(alarms) <= _ALARMS:
        yield Fault(f"{path}/alarms", f"Should be an array of 1 to {_ALARMS} items")
        return
    for index, alarm in enumerate(alarms):
        if not isinstance(alarm, str) or not _ALARM_ARN.fullmatch(alarm):
            yield Fault(f"{path}/alarms/{index}", "Should be the ARN of an alarm")
    if properties.get("sortBy", "default") not in _SORTS:
        yield Fault(f"{path}/sortBy", "Should be equal to one of the allowed values")
    states = properties.get("states", [])
    if not isinstance(states, list) or any(state not in _STATES for state in states):
        yield Fault(f"{path}/states", "Should be an array of alarm states")


def _explorer(properties: dict[str, Any], path: str) -> Iterator[Fault]:
    for name in ("metrics", "labels"):
        if not isinstance(properties.get(name), list):
            yield Fault(f"{path}/{name}", "Should be an array")


_PROPERTIES: dict[str, Callable[[dict[str, Any], str], Iterator[Fault]]] = {
    "metric": _metric,
    "text": _text,
    "log": _log,
    "alarm": _alarm,
    "explorer": _explorer,
}
