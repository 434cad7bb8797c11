"""Embedded metric format: log events that carry metrics.

Source: CloudWatch User Guide, embedded metric format specification; the two kinds of error are
those of the metrics EMFParsingErrors and EMFValidationErrors (CloudWatch Logs User Guide).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

ErrorKind = Literal["EMFParsingErrors", "EMFValidationErrors"]

_MAX_METRICS = 100
_MAX_DIMENSIONS = 30
_MAX_VALUES = 100
_MAX_DIMENSION_VALUE = 1_024
_MAX_NAME = 1_024
_MAX_VALUE = 2.0**360
_PAST = 14 * 86_400
_FUTURE = 2 * 3_600

_DATA = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
_UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
_UNITS |= {*_DATA, *_BITS, *(f"{unit}/Second" for unit in (*_DATA, *_BITS))}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric; `timestamp` in seconds since the epoch, `resolution` 1 or 60 s."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    timestamp: float
    unit: str
    resolution: int = 60


class EmfError(Exception):
    """A log event that means to carry metrics and does not; `kind` is the metric that counts it."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def extract(message: str, now: float) -> list[Sample]:
    """The samples in a log event, none if it is not in the format; `EmfError` if it is a bad one.

    The whole message must be one JSON object: a prefix makes it an ordinary line.
    """
    if not message.startswith("{") or '"CloudWatchMetrics"' not in message:
        return []
    try:
        root = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise _unreadable("the event is not one JSON object") from error
    metadata = root.get("_aws") if isinstance(root, dict) else None
    if not isinstance(metadata, dict) or "CloudWatchMetrics" not in metadata:
        return []
    timestamp = metadata.get("Timestamp")
    if not isinstance(timestamp, int) or isinstance(timestamp, bool):
        raise _unreadable("Timestamp is not a whole number of milliseconds")
    if not now - _PAST <= timestamp / 1000 <= now + _FUTURE:
        raise _invalid("Timestamp is over two weeks ago or over two hours ahead")
    directives = _listed(metadata["CloudWatchMetrics"], "CloudWatchMetrics")
    return [sample for item in directives for sample in _directive(item, root, timestamp / 1000)]


def _directive(directive: Any, root: dict[str, Any], timestamp: float) -> list[Sample]:
    if not isinstance(directive, dict):
        raise _unreadable("an item of CloudWatchMetrics is not an object")
    namespace = directive.get("Namespace")
    if not isinstance(namespace, str):
        raise _unreadable("Namespace is not a text")
    if not 1 <= len(namespace) <= _MAX_NAME or namespace.startswith("AWS/"):
        raise _invalid("Namespace is empty, too long or reserved")
    sets = [_dimensions(item, root) for item in _listed(directive.get("Dimensions"), "Dimensions")]
    metrics = _listed(directive.get("Metrics"), "Metrics")
    if len(metrics) > _MAX_METRICS:
        raise _invalid(f"a directive has more than {_MAX_METRICS} metrics")
    values = [value for item in metrics for value in _values(item, root)]
    return [
        Sample(namespace, name, dimensions, value, timestamp, unit, resolution)
        for dimensions in dict.fromkeys(sets)
        for name, unit, resolution, value in values
    ]


def _dimensions(keys: Any, root: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    names = _listed(keys, "a dimension set")
    if len(names) > _MAX_DIMENSIONS:
        raise _invalid(f"a dimension set has more than {_MAX_DIMENSIONS} keys")
    pairs: list[tuple[str, str]] = []
    for name in names:
        if not isinstance(name, str):
            raise _unreadable("a dimension's name is not a text")
        value = root.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= _MAX_DIMENSION_VALUE:
            raise _invalid(f"the dimension {name} has no text of at most 1,024 characters")
        pairs.append((name, value))
    return tuple(sorted(dict(pairs).items()))


def _values(metric: Any, root: dict[str, Any]) -> list[tuple[str, str, int, float]]:
    if not isinstance(metric, dict) or not isinstance(metric.get("Name"), str):
        raise _unreadable("a metric has no Name")
    name, unit = metric["Name"], metric.get("Unit", "None")
    if not 1 <= len(name) <= _MAX_NAME:
        raise _invalid("a metric's name is empty or too long")
    if not isinstance(unit, str) or unit not in _UNITS:
        raise _invalid(f"the unit of {name} is not one of CloudWatch's")
    resolution = metric.get("StorageResolution", 60)
    if resolution not in (1, 60):
        raise _invalid(f"the storage resolution of {name} is neither 1 nor 60")
    target = root.get(name)
    values = target if isinstance(target, list) else [target]
    if len(values) > _MAX_VALUES:
        raise _invalid(f"the metric {name} has more than {_MAX_VALUES} values")
    return [(name, unit, resolution, _number(value, name)) for value in values]


def _number(value: Any, name: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _invalid(f"the metric {name} has no number for its value")
    if not abs(value) <= _MAX_VALUE:
        raise _invalid(f"the value of {name} is beyond 2^360")
    return float(value)


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _unreadable(f"{name} is not an array")
    return value


def _unreadable(message: str) -> EmfError:
    return EmfError("EMFParsingErrors", message)


def _invalid(message: str) -> EmfError:
    return EmfError("EMFValidationErrors", message)
