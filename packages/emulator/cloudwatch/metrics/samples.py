"""One MetricDatum of PutMetricData: held against CloudWatch's rules and put into the store."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.metrics.queries import metric_of
from emulator.cloudwatch.metrics.store import MINUTE
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.cloudwatch.metrics.distribution import Distribution
    from emulator.cloudwatch.metrics.store import MetricStore

MAX_VALUE = 2.0**360
"""Values are taken from -2^360 to 2^360 (API reference, MetricDatum)."""
_MAX_VALUES = 150
_PAST = 14 * 86_400
_FUTURE = 2 * 3_600


def put_datum(store: MetricStore, namespace: str, datum: Mapping[str, Any], path: str) -> None:
    """Put `datum`; AwsError names the member below `path` that CloudWatch would refuse."""
    kinds = [kind for kind in ("Value", "Values", "StatisticValues") if kind in datum]
    if not kinds:
        raise AwsError(
            "MissingParameter",
            f"At least one of the parameters must be specified: {path}.Value, {path}.Values, "
            f"{path}.StatisticValues.",
        )
    if "Value" in kinds and len(kinds) > 1:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameters {path}.{kinds[0]} and {path}.{kinds[1]} are mutually exclusive and "
            "you have specified both.",
        )
    timestamp = _timestamp(store, datum, path)
    if datum.get("StorageResolution", MINUTE) not in (1, MINUTE):
        value = datum["StorageResolution"]
        raise AwsError(
            "InvalidParameterValue",
            f"The value {value} for parameter {path}.StorageResolution is neither 1 nor 60.",
        )
    metric = metric_of({**datum, "Namespace": namespace})
    unit = datum.get("Unit", "None")
    add = _adding(datum, path)
    add(store.at(metric, unit, timestamp))
    if datum.get("StorageResolution") == 1:
        add(store.second_at(metric, unit, timestamp))


def _adding(datum: Mapping[str, Any], path: str) -> Callable[[Distribution], None]:
    """What adds the values of `datum`, checked, to a distribution."""
    given = datum.get("StatisticValues")
    values = _statistic_set(given, path) if given else None
    pairs = _counted_values(datum, path) if {"Value", "Values"} & datum.keys() else []

    def add(distribution: Distribution) -> None:
        if values is not None:
            distribution.add_set(*values)
        for value, count in pairs:
            distribution.add(value, count)

    return add


def _timestamp(store: MetricStore, datum: Mapping[str, Any], path: str) -> float:
    now = store.clock.now()
    timestamp = float(datum.get("Timestamp", now))
    if not now - _PAST <= timestamp <= now + _FUTURE:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {path}.Timestamp must specify a time no more than two weeks in the "
            "past and no more than two hours in the future.",
        )
    return timestamp


def _counted_values(datum: Mapping[str, Any], path: str) -> list[tuple[float, float]]:
    if "Value" in datum:
        return [(_checked(datum["Value"], f"{path}.Value"), 1.0)]
    values = datum["Values"]
    counts = datum.get("Counts", [1.0] * len(values))
    if len(counts) != len(values):
        raise AwsError(
            "InvalidParameterValue",
            f"The parameters {path}.Values and {path}.Counts must be of the same size.",
        )
    if len(values) > _MAX_VALUES:
        raise AwsError(
            "InvalidParameterValue", f"The collection {path}.Values must not have a size over 150."
        )
    pairs = zip(values, counts, strict=True)
    return [(_checked(value, f"{path}.Values"), _count(count, path)) for value, count in pairs]


def _statistic_set(values: Mapping[str, float], path: str) -> tuple[float, float, float, float]:
    least = _checked(values["Minimum"], f"{path}.StatisticValues.Minimum")
    most = _checked(values["Maximum"], f"{path}.StatisticValues.Maximum")
    total = _checked(values["Sum"], f"{path}.StatisticValues.Sum")
    if least > most:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {path}.StatisticValues.Maximum must not be less than its Minimum.",
        )
    return _count(values["SampleCount"], path), total, least, most


def _checked(value: float, path: str) -> float:
    if math.isfinite(value) and abs(value) <= MAX_VALUE:
        return value
    shown = json.dumps(value)  # as Java writes what is no number
    raise AwsError("InvalidParameterValue", f"The value {shown} for parameter {path} is invalid.")


def _count(count: float, path: str) -> float:
    if math.isfinite(count) and 0 < count <= MAX_VALUE:
        return count
    raise AwsError("InvalidParameterValue", f"The count {count} for parameter {path} is invalid.")
