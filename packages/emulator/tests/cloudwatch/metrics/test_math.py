from __future__ import annotations

import pytest
from emulator.cloudwatch.metrics.expressions import (
    names,
    parse,
)
from emulator.cloudwatch.metrics.math_values import Array, Series
from emulator.errors import AwsError
from emulator.tests.cloudwatch.metrics.expressions import Row, compute

M1: Row = [1, 1, 0, 0, None]


M2: Row = [30, None, 0, 0, 30]


M3: Row = [0, 0, 20, None, 20]


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
