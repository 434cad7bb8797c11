"""The values of metric math, and how operators meet missing points."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.cloudwatch.metrics.expressions import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

Scalar = float | None
"""None: the value does not exist, as the sum of a series without points."""


@dataclass(frozen=True, slots=True)
class Series:
    """One value per period, None where there is no point."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """Several series, each with the id it came from."""

    members: tuple[tuple[str, Series], ...]


Value = Scalar | Series | Array | str
"""A text only stands as an argument: of METRICS, or FILL's REPEAT and LINEAR."""


def truth(value: bool) -> float:
    """1 for true, 0 for false."""
    return 1.0 if value else 0.0


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "==": lambda left, right: truth(left == right),
    "!=": lambda left, right: truth(left != right),
    "<": lambda left, right: truth(left < right),
    "<=": lambda left, right: truth(left <= right),
    ">": lambda left, right: truth(left > right),
    ">=": lambda left, right: truth(left >= right),
    "AND": lambda left, right: truth(bool(left) and bool(right)),
    "OR": lambda left, right: truth(bool(left) or bool(right)),
}


def defined(function: Callable[..., float], *operands: float) -> Scalar:
    """The result, None where it is undefined (CloudWatch User Guide, using metric math)."""
    try:
        result = function(*operands)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return result if math.isfinite(result) else None


def binary(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; of two series, a missing point counts as 0 where the other has one."""
    if isinstance(left, str) or isinstance(right, str):
        raise invalid(f"A text cannot be an operand of {symbol}")
    if isinstance(left, Array) or isinstance(right, Array):
        return _over_arrays(symbol, left, right)
    function = _OPERATORS[symbol]
    if isinstance(left, Series) and isinstance(right, Series):
        pairs = zip(left.values, right.values, strict=True)
        return Series(tuple(_with_zero(function, *pair) for pair in pairs))
    if isinstance(left, Series):
        return Series(tuple(_both(function, value, right) for value in left.values))  # type: ignore[arg-type]
    if isinstance(right, Series):
        return Series(tuple(_both(function, left, value) for value in right.values))
    return _both(function, left, right)


def _both(function: Callable[..., float], left: Scalar, right: Scalar) -> Scalar:
    return None if left is None or right is None else defined(function, left, right)


def _with_zero(function: Callable[..., float], left: Scalar, right: Scalar) -> Scalar:
    if left is None and right is None:
        return None
    return defined(function, left or 0.0, right or 0.0)


def _over_arrays(symbol: str, left: Value, right: Value) -> Array:
    if isinstance(left, Array) and isinstance(right, Array):
        if len(left.members) != len(right.members):
            raise invalid(f"The arrays on both sides of {symbol} differ in length")
        pairs = zip(left.members, right.members, strict=True)
        return Array(tuple((name, _series(symbol, a, b)) for (name, a), (_, b) in pairs))
    if isinstance(left, Array):
        return Array(tuple((name, _series(symbol, item, right)) for name, item in left.members))
    assert isinstance(right, Array)  # noqa: S101
    return Array(tuple((name, _series(symbol, left, item)) for name, item in right.members))


def _series(symbol: str, left: Value, right: Value) -> Series:
    result = binary(symbol, left, right)
    if not isinstance(result, Series):
        raise invalid(f"An array of single values cannot be an operand of {symbol}")
    return result


def pointwise(function: Callable[[float], float], value: Value) -> Value:
    """`function` of each existing point."""
    match value:
        case Series(values):
            return Series(
                tuple(None if item is None else defined(function, item) for item in values)
            )
        case Array(members):
            return Array(tuple((name, _pointwise(function, item)) for name, item in members))
        case str():
            raise invalid("A text cannot be an operand")
        case _:
            return None if value is None else defined(function, value)


def _pointwise(function: Callable[[float], float], series: Series) -> Series:
    result = pointwise(function, series)
    assert isinstance(result, Series)  # noqa: S101
    return result
