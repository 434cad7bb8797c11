from __future__ import annotations

import math
from typing import Any

import pytest
from emulator.cloudwatch.metrics.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negation,
    Number,
    parse,
)
from emulator.cloudwatch.metrics.math_values import Series
from emulator.errors import AwsError
from emulator.tests.cloudwatch.metrics.expressions import Row, compute
from hypothesis import given
from hypothesis import strategies as st

OPERATORS = ("+", "-", "*", "/", "^", "<", ">=", "==", "AND", "OR")


Tree = Any


leaves = st.one_of(
    st.tuples(st.just("number"), st.integers(0, 9)),
    st.tuples(st.just("id"), st.sampled_from("ab")),
)


trees: st.SearchStrategy[Tree] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(OPERATORS), inner, inner),
        st.tuples(st.just("minus"), inner),
        st.tuples(st.just("if"), inner, inner, inner),
    ),
    max_leaves=12,
)


rows = st.lists(st.one_of(st.none(), st.integers(-4, 4).map(float)), min_size=4, max_size=4)


def written(tree: Tree) -> str:
    """The tree as text, all parentheses written."""
    match tree:
        case ("number" | "id", value):
            return str(value)
        case ("minus", inner):
            return f"(-{written(inner)})"
        case ("if", test, then, otherwise):
            return f"IF({written(test)}, {written(then)}, {written(otherwise)})"
        case (symbol, left, right):
            return f"({written(left)} {symbol} {written(right)})"
    raise AssertionError(tree)


def is_series(tree: Tree) -> bool:
    """Whether the tree gives a series: an IF whose test is a number gives what its branch is."""
    match tree:
        case ("number", _):
            return False
        case ("id", _):
            return True
        case ("minus", inner):
            return is_series(inner)
        case ("if", test, then, otherwise):
            if is_series(test):
                return True
            return is_series(then if oracle(test, {}) else otherwise)
        case (_, left, right):
            return is_series(left) or is_series(right)
    raise AssertionError(tree)


def arithmetic(symbol: str, left: float, right: float) -> float | None:
    """One operation on numbers, None where it is undefined."""
    if symbol in ("AND", "OR"):
        return float(all((left, right)) if symbol == "AND" else any((left, right)))
    if symbol in ("<", ">=", "=="):
        order = (left > right) - (left < right)
        return float({"<": order < 0, ">=": order >= 0, "==": order == 0}[symbol])
    if symbol == "/":
        return left / right if right else None
    if symbol == "^":
        return power(left, right)
    return {"+": left + right, "-": left - right, "*": left * right}[symbol]


def power(base: float, exponent: float) -> float | None:
    """`base` to the `exponent`, None where that is no finite real number."""
    try:
        found = complex(base) ** exponent if base < 0 and exponent % 1 else base**exponent
    except (ZeroDivisionError, OverflowError):
        return None
    return found if isinstance(found, float) and math.isfinite(found) else None


def oracle(tree: Tree, point: dict[str, float | None]) -> float | None:
    """The value at one time, from the points that the series have then."""
    match tree:
        case ("number", value):
            return float(value)
        case ("id", name):
            return point.get(name)
        case ("minus", inner):
            value = oracle(inner, point)
            return None if value is None else -value
        case ("if", *_):
            return if_oracle(tree, point)
    symbol, left, right = tree
    first, second = oracle(left, point), oracle(right, point)
    both_series = is_series(left) and is_series(right)
    if both_series and (first, second) != (None, None):
        first, second = first or 0.0, second or 0.0
    if first is None or second is None:
        return None
    found = arithmetic(symbol, first, second)
    return found if found is not None and math.isfinite(found) else None


def if_oracle(tree: Tree, point: dict[str, float | None]) -> float | None:
    """IF by the rules for missing points."""
    _, test, then, otherwise = tree
    condition = oracle(test, point)
    if not is_series(test):
        return oracle(then if condition else otherwise, point)
    if condition is None:
        return None
    chosen = oracle(then if condition else otherwise, point)
    if chosen is not None or not is_series(then if condition else otherwise):
        return chosen
    return 0.0 if condition or is_series(then) else None


@given(trees, rows, rows)
def test_expressions_agree_with_a_point_by_point_oracle(tree: Tree, a: Row, b: Row) -> None:
    """Any expression of operators and IF gives at each time what the rules say of that time."""
    found = compute(written(tree), a=a, b=b)
    expected = [oracle(tree, {"a": x, "b": y}) for x, y in zip(a, b, strict=True)]
    if isinstance(found, Series):
        assert list(found.values) == pytest.approx(expected)
    else:
        assert expected == pytest.approx([found] * 4)


@given(trees)
def test_what_is_written_is_what_is_parsed(tree: Tree) -> None:
    """Parentheses around every operation give back the same tree."""

    assert read(parse(written(tree))) == tree


def read(parsed: Expression) -> Tree:
    """A parsed expression as a tree of tuples."""
    match parsed:
        case Number(value):
            return ("number", int(value))
        case Name(name):
            return ("id", name)
        case Negation(inner):
            return ("minus", read(inner))
        case Binary(symbol, left, right):
            return (symbol, read(left), read(right))
        case Call("IF", arguments):
            return ("if", *map(read, arguments))
    raise AssertionError(parsed)


@given(st.text(alphabet="ab12.+-*/^<>=&|()[],\"' IFSUM", max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """No text does anything but parse or raise a ValidationError."""
    assert outcome(text) in ("parsed", "ValidationError")


def outcome(text: str) -> str:
    """What parsing `text` comes to."""
    try:
        parse(text)
    except AwsError as error:
        return error.code
    return "parsed"
