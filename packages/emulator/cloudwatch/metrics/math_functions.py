"""The functions of metric math that this emulator has."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.cloudwatch.metrics.expressions import invalid
from emulator.cloudwatch.metrics.math_values import Array, Scalar, Series, Value, defined, pointwise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FILL_WORDS = ("REPEAT", "LINEAR")


@dataclass(frozen=True, slots=True)
class Context:
    """What a function may need beside its arguments: the period in AWS seconds and the metrics."""

    period: int
    metrics: Mapping[str, Series]
    length: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function of metric math with the number of its arguments."""

    least: int
    most: int
    apply: Callable[[Context, Sequence[Value]], Value]


def _series(value: Value, function: str) -> Series:
    if not isinstance(value, Series):
        raise invalid(f"The argument of {function} must be a time series")
    return value


def _each(function: Callable[[Context, Series], Series], name: str) -> Function:
    """A function from a series to a series, taken member by member over an array."""

    def apply(context: Context, arguments: Sequence[Value]) -> Value:
        value = arguments[0]
        if isinstance(value, Array):
            return Array(tuple((key, function(context, item)) for key, item in value.members))
        return function(context, _series(value, name))

    return Function(1, 1, apply)


def _pointwise(function: Callable[[float], float]) -> Function:
    return Function(1, 1, lambda _, arguments: pointwise(function, arguments[0]))


def _aggregate(function: Callable[[list[float]], float], name: str) -> Function:
    """A function of points: of one series a single value, of an array a series."""

    def of(values: Sequence[Scalar]) -> Scalar:
        present = [value for value in values if value is not None]
        return defined(function, present) if present else None  # type: ignore[arg-type]

    def apply(_: Context, arguments: Sequence[Value]) -> Value:
        value = arguments[0]
        if isinstance(value, Array):
            rows = zip(*(item.values for _, item in value.members), strict=True)
            return Series(tuple(of(row) for row in rows))
        return of(_series(value, name).values)

    return Function(1, 1, apply)


def _condition(_: Context, arguments: Sequence[Value]) -> Value:
    test, then = arguments[0], arguments[1]
    otherwise = arguments[2] if len(arguments) > 2 else None
    for value in arguments:
        if isinstance(value, (Array, str)):
            raise invalid("The arguments of IF must be time series or numbers")
    if not isinstance(test, Series):
        return then if test else otherwise
    return Series(
        tuple(_chosen(value, then, otherwise, index) for index, value in enumerate(test.values))
    )


def _chosen(test: Scalar, then: Value, otherwise: Value, index: int) -> Scalar:
    """One point of IF (CloudWatch User Guide, using metric math, IF with missing points).

    A missing condition drops the point. A missing point of the branch taken counts as 0, except
    that the false branch's is dropped where the true branch is a single value.
    """
    if test is None:
        return None
    if test:
        return _at(then, index, 0.0)
    return _at(otherwise, index, 0.0 if isinstance(then, Series) else None)


def _at(value: Value, index: int, missing: Scalar) -> Scalar:
    if isinstance(value, Series):
        found = value.values[index]
        return missing if found is None else found
    assert value is None or isinstance(value, (int, float))  # noqa: S101
    return value


def _fill(_: Context, arguments: Sequence[Value]) -> Value:
    value, filler = arguments
    if isinstance(value, Array):
        return Array(tuple((name, _filled(item, filler)) for name, item in value.members))
    return _filled(_series(value, "FILL"), filler)


def _filled(series: Series, filler: Value) -> Series:
    """A series without any point stays empty: AWS does not say what FILL makes of it."""
    values = series.values
    if all(value is None for value in values):
        return series
    if filler == "REPEAT":
        return Series(_repeated(values))
    if filler == "LINEAR":
        return Series(_interpolated(values))
    if isinstance(filler, (Array, str)):
        raise invalid("The second argument of FILL must be a number, a series, REPEAT or LINEAR")
    return Series(
        tuple(
            _at(filler, index, None) if value is None else value
            for index, value in enumerate(values)
        )
    )


def _repeated(values: Sequence[Scalar]) -> tuple[Scalar, ...]:
    last: Scalar = None
    result: list[Scalar] = []
    for value in values:
        last = value if value is not None else last
        result.append(last)
    return tuple(result)


def _interpolated(values: Sequence[Scalar]) -> tuple[Scalar, ...]:
    result = list(values)
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    for (left, low), (right, high) in itertools.pairwise(known):
        for index in range(left + 1, right):
            result[index] = low + (high - low) * (index - left) / (right - left)
    return tuple(result)


def _metrics(context: Context, arguments: Sequence[Value]) -> Value:
    part = arguments[0] if arguments else ""
    if not isinstance(part, str):
        raise invalid("The argument of METRICS must be a text")
    return Array(tuple(item for item in context.metrics.items() if part in item[0]))


def _differences(values: Sequence[Scalar], seconds: float | None) -> Series:
    """Each point's change since the one before it, per second if a period of `seconds` is given."""
    result: list[Scalar] = []
    before: tuple[int, float] | None = None
    for index, value in enumerate(values):
        if value is None or before is None:
            result.append(None)
        else:
            span = (index - before[0]) * seconds if seconds else 1.0
            result.append((value - before[1]) / span)
        before = before if value is None else (index, value)
    return Series(tuple(result))


def _running_sum(_: Context, series: Series) -> Series:
    total = 0.0
    result: list[Scalar] = []
    for value in series.values:
        total += value or 0.0
        result.append(None if value is None else total)
    return Series(tuple(result))


def _time_series(context: Context, arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    if isinstance(value, (Series, Array, str)):
        raise invalid("The argument of TIME_SERIES must be a number")
    return Series((value,) * context.length)


def _period(context: Context, arguments: Sequence[Value]) -> Value:
    _series(arguments[0], "PERIOD")
    return float(context.period)


def _remove_empty(_: Context, arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    if not isinstance(value, Array):
        raise invalid("The argument of REMOVE_EMPTY must be an array")
    return Array(
        tuple(item for item in value.members if any(v is not None for v in item[1].values))
    )


def _floor(value: float) -> float:
    return float(math.floor(value))


def _ceil(value: float) -> float:
    return float(math.ceil(value))


FUNCTIONS: dict[str, Function] = {
    "ABS": _pointwise(abs),
    "CEIL": _pointwise(_ceil),
    "FLOOR": _pointwise(_floor),
    "LOG": _pointwise(math.log),
    "LOG10": _pointwise(math.log10),
    "SUM": _aggregate(math.fsum, "SUM"),
    "AVG": _aggregate(statistics.fmean, "AVG"),
    "MIN": _aggregate(min, "MIN"),
    "MAX": _aggregate(max, "MAX"),
    "STDDEV": _aggregate(statistics.pstdev, "STDDEV"),
    "DATAPOINT_COUNT": _aggregate(lambda values: float(len(values)), "DATAPOINT_COUNT"),
    "IF": Function(2, 3, _condition),
    "FILL": Function(2, 2, _fill),
    "METRICS": Function(0, 1, _metrics),
    "PERIOD": Function(1, 1, _period),
    "RATE": _each(lambda context, series: _differences(series.values, context.period), "RATE"),
    "DIFF": _each(lambda _, series: _differences(series.values, None), "DIFF"),
    "RUNNING_SUM": _each(_running_sum, "RUNNING_SUM"),
    "TIME_SERIES": Function(1, 1, _time_series),
    "REMOVE_EMPTY": Function(1, 1, _remove_empty),
}
