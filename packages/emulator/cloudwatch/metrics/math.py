"""Metric math: an expression tree over the series of one query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.cloudwatch.metrics.expressions import (
    ArrayOf,
    Binary,
    Call,
    Expression,
    Name,
    Negation,
    Number,
    Text,
    calls,
    invalid,
)
from emulator.cloudwatch.metrics.math_functions import FILL_WORDS, FUNCTIONS, Context
from emulator.cloudwatch.metrics.math_values import Array, Series, Value, binary, pointwise

if TYPE_CHECKING:
    from collections.abc import Callable


def check_functions(tree: Expression) -> None:
    """ValidationError that names a function that is not here or has too few or many arguments."""
    for call in calls(tree):
        function = FUNCTIONS.get(call.function)
        if function is None:
            raise invalid(f"The function {call.function} is not one that this emulator computes")
        if not function.least <= len(call.arguments) <= function.most:
            raise invalid(
                f"The function {call.function} does not take {len(call.arguments)} arguments"
            )


def evaluate(tree: Expression, resolve: Callable[[str], Value], context: Context) -> Value:
    """The value of `tree`; `resolve` gives an id's value. ValidationError for what cannot be."""

    def value_of(node: Expression) -> Value:
        match node:
            case Number(value):
                return value
            case Text(value):
                return value
            case Name(name):
                return name if name in FILL_WORDS else resolve(name)
            case Negation(operand):
                return pointwise(lambda value: -value, value_of(operand))
            case Binary(symbol, left, right):
                return binary(symbol, value_of(left), value_of(right))
            case Call(function, arguments):
                return FUNCTIONS[function].apply(context, [value_of(item) for item in arguments])
            case ArrayOf(items):
                return Array(tuple(_member(item, value_of(item)) for item in items))

    return value_of(tree)


def _member(item: Expression, value: Value) -> tuple[str, Series]:
    if not isinstance(value, Series):
        raise invalid("The items of an array must be time series")
    return (item.name if isinstance(item, Name) else "", value)
