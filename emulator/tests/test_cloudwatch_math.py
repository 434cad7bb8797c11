from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.cloudwatch.expressions import (
    Binary,
    Call,
    Expression,
    Name,
    Negation,
    Number,
    names,
    parse,
)
from emulator.cloudwatch.math_functions import Context
from emulator.cloudwatch.math_values import Array, Series, Value
from emulator.cloudwatch.metric_math import check_functions, evaluate
from emulator.errors import AwsError

Row = list[float | None]

M1: Row = [1, 1, 0, 0, None]
M2: Row = [30, None, 0, 0, 30]
M3: Row = [0, 0, 20, None, 20]


def compute(text: str, **series: Row) -> Value:
    """The value of an expression over `series`, one point a minute."""
    tree = parse(text)
    check_functions(tree)
    known = {name: Series(tuple(row)) for name, row in series.items()}
    length = len(next(iter(series.values()))) if series else 1
    return evaluate(tree, lambda name: known[name], Context(60, known, length))


def row(text: str, **series: Row) -> Row:
    """The points of an expression that gives one series."""
    found = compute(text, **series)
    assert isinstance(found, Series)
    return list(found.values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IF(m1, m2, m3)", [30, 0, 20, 0, None]),
        ("IF(m1, m2)", [30, 0, None, None, None]),
        ("IF(m1, 5, m3)", [5, 5, 20, None, None]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5, None]),
        ("IF(m1, 1, 2)", [1, 1, 2, 2, None]),
    ],
)
def test_if_with_missing_points(text: str, expected: Row) -> None:
    """W47, W48 (CloudWatch User Guide, using metric math): which points IF drops or counts as 0."""
    assert row(text, m1=M1, m2=M2, m3=M3) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b", [3, 1, 2, None]),
        ("a - b", [-1, 1, -2, None]),
        ("a / b", [0.5, None, 0, None]),
        ("a > b", [0, 1, 0, None]),
        ("a AND b", [1, 0, 0, None]),
        ("a OR b", [1, 1, 1, None]),
        ("a + 1", [2, 2, None, None]),
        ("-a", [-1, -1, None, None]),
        ("1 / (a - 1)", [None, None, None, None]),
    ],
)
def test_operators_with_missing_points(text: str, expected: Row) -> None:
    """W44, W45 (CloudWatch User Guide, using metric math): 0 for one missing side, x/0 dropped."""
    assert row(text, a=[1, 1, None, None], b=[2, None, 2, None]) == expected


def test_error_rate_has_no_point_without_invocations() -> None:
    """W46: 100*errors/invocations is missing, not zero, in an idle minute."""
    found = row("100*errors/invocations", errors=[1, None, None], invocations=[4, None, 5])
    assert found == [25, None, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FILL(a, 0)", [0, 2, 0, 6, 0]),
        ("FILL(a, REPEAT)", [None, 2, 2, 6, 6]),
        ("FILL(a, LINEAR)", [None, 2, 4, 6, None]),
        ("FILL(a, b)", [1, 2, 1, 6, None]),
        ("FILL(c, 0)", [None] * 5),
        ("RATE(a)", [None, None, None, 4 / 120, None]),
        ("DIFF(a)", [None, None, None, 4, None]),
        ("RUNNING_SUM(a)", [None, 2, None, 8, None]),
        ("TIME_SERIES(7)", [7] * 5),
        ("a / PERIOD(a)", [None, 2 / 60, None, 0.1, None]),
        ("b * SUM(a)", [8, 8, 8, 8, None]),
        ("b * AVG(a)", [4, 4, 4, 4, None]),
        ("b * MIN(a) + b * MAX(a)", [8, 8, 8, 8, None]),
        ("b * DATAPOINT_COUNT(a)", [2, 2, 2, 2, None]),
        ("SUM(METRICS())", [1, 3, 1, 7, None]),
        ('MAX(METRICS("a"))', [None, 2, None, 6, None]),
        ("AVG([a, b])", [1, 1.5, 1, 3.5, None]),
        ("SUM(METRICS() * 2)", [2, 6, 2, 14, None]),
        ("CEIL(a / 4) + FLOOR(a / 4) + ABS(-a)", [None, 3, None, 9, None]),
        ("LOG10(b * 100)", [2, 2, 2, 2, None]),
    ],
)
def test_functions(text: str, expected: Row) -> None:
    """W49, W50, W51, W52 (CloudWatch User Guide, using metric math): what each function gives."""
    found = row(text, a=[None, 2, None, 6, None], b=[1, 1, 1, 1, None], c=[None] * 5)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [("SUM(a)", 3), ("2 * MAX(a)", 4), ("1/0", None), ("SUM(c)", None), ("2 ^ 3 ^ 2", 512)],
)
def test_aggregates_of_one_series_are_single_values(text: str, value: float | None) -> None:
    """W50 (CloudWatch User Guide, using metric math): of one series, a scalar."""
    assert compute(text, a=[1, 2], c=[None, None]) == value


def test_arrays_stay_arrays_under_operators() -> None:
    """W51 (CloudWatch User Guide, using metric math): METRICS()/2 is one series per metric."""
    assert compute("METRICS() / 2", a=[2], b=[4]) == Array(
        (("a", Series((1.0,))), ("b", Series((2.0,))))
    )


@pytest.mark.parametrize(
    ("text", "equal"),
    [
        ("1 + 2 * 3 ^ 2", "1 + (2 * (3 ^ 2))"),
        ("a - b - c", "(a - b) - c"),
        ("a ^ b ^ c", "a ^ (b ^ c)"),
        ("-a ^ 2", "-(a ^ 2)"),
        ("-a + b", "(-a) + b"),
        ("a > 1 AND b < 2 OR c == 3", "((a > 1) AND (b < 2)) OR (c == 3)"),
        ("a && b || c", "(a AND b) OR c"),
        ("1.5e3 * .5", "1500 * 0.5"),
        ("a > b + 1", "a > (b + 1)"),
    ],
)
def test_precedence(text: str, equal: str) -> None:
    """W43 (CloudWatch User Guide, using metric math): operators bind in the usual order."""
    assert parse(text) == parse(equal)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("SEARCH('x', 'Sum')", "SEARCH"),
        ("ANOMALY_DETECTION_BAND(a)", "ANOMALY_DETECTION_BAND"),
        ("IF(a)", "IF"),
        ("FILL(a, b, c)", "FILL"),
        ("a +", "operand"),
        ("(a", "'\\)' expected"),
        ("a b", "the end expected"),
        ("a ? b", "unreadable"),
        ("", "operand"),
        ('"x" + a', "text"),
        ("AND", "operand"),
        ("SUM([1])", "time series"),
        ("FILL(a, METRICS())", "FILL"),
        ("(" * 100 + "a" + ")" * 100, "deeply"),
        ("+".join("a" * 300), "operands"),
    ],
)
def test_what_cannot_be_computed_is_refused(text: str, part: str) -> None:
    """A bad expression is a ValidationError that says what is wrong with it."""
    with pytest.raises(AwsError, match=part) as caught:
        compute(text, a=[1], b=[1], c=[1])
    assert caught.value.code == "ValidationError"


def test_names_are_those_referred_to() -> None:
    """The ids in an expression are found wherever they stand."""
    assert names(parse("IF(m1 > 1, [m2, m3], -m4) + 1")) == {"m1", "m2", "m3", "m4"}


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
