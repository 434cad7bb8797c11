"""Metric math over series given as lists, one point a minute."""

from __future__ import annotations

from emulator.cloudwatch.metrics.expressions import parse
from emulator.cloudwatch.metrics.math import check_functions, evaluate
from emulator.cloudwatch.metrics.math_functions import Context
from emulator.cloudwatch.metrics.math_values import Series, Value

Row = list[float | None]


def compute(text: str, **series: Row) -> Value:
    """The value of an expression over `series`, one point a minute."""
    tree = parse(text)
    check_functions(tree)
    known = {name: Series(tuple(row)) for name, row in series.items()}
    length = len(next(iter(series.values()))) if series else 1
    return evaluate(tree, lambda name: known[name], Context(60, known, length))
