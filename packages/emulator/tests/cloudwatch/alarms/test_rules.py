from __future__ import annotations

import pytest
from emulator.cloudwatch.alarms.reasons import reason
from emulator.cloudwatch.alarms.rules import (
    AlarmConfig,
    MissingData,
    State,
    evaluate,
    evaluation_range,
)
from emulator.cloudwatch.metrics.store import Point
from emulator.tests.cloudwatch_client import NOON
from hypothesis import given
from hypothesis import strategies as st

MODES: tuple[MissingData, ...] = ("missing", "ignore", "breaching", "notBreaching")
KEPT: State = "OK"


def points(drawn: str) -> list[Point | None]:
    """`X` breaches, `0` does not, `-` is missing; newest right, one a minute."""
    values = {"X": 1.0, "0": 0.0}
    return [
        None if mark == "-" else Point(NOON + index * 60, values[mark], 1)
        for index, mark in enumerate(drawn.split())
    ]


def config(needed: int | None, mode: MissingData = "missing", periods: int = 3) -> AlarmConfig:
    """An alarm on values greater than 0."""
    return AlarmConfig("GreaterThanThreshold", 0.0, periods, needed, mode)


def states(drawn: str, needed: int, previous: State) -> list[State]:
    """The state under each treatment of missing data."""
    return [evaluate(points(drawn), config(needed, mode), previous).state for mode in MODES]


@pytest.mark.parametrize("previous", ["OK", "ALARM", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize(
    ("needed", "drawn", "table"),
    [
        (3, "0 - X - X", "OK OK OK OK"),
        (3, "0 - - - -", "OK OK OK OK"),
        (3, "- - - - -", "INSUFFICIENT_DATA keep ALARM OK"),
        (3, "0 X X - X", "ALARM ALARM ALARM ALARM"),
        (3, "- - X - -", "ALARM keep ALARM OK"),
        (2, "0 - X - X", "ALARM ALARM ALARM ALARM"),
        (2, "0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
        (2, "0 - X - -", "OK OK ALARM OK"),
        (2, "- - - - 0", "OK OK ALARM OK"),
        (2, "- - - X -", "ALARM keep ALARM OK"),
    ],
)
def test_missing_data_tables(needed: int, drawn: str, table: str, previous: State) -> None:
    """W17, W18 (CloudWatch User Guide, alarms-and-missing-data): each row of both tables."""
    expected = [previous if state == "keep" else state for state in table.split()]
    assert states(drawn, needed, previous) == expected


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_a_young_breaching_point_alone_is_no_alarm_yet(drawn: str) -> None:
    """W19, W21 (CloudWatch User Guide, alarms-and-missing-data): no premature alarm with M = 3."""
    assert evaluate(points(drawn), config(3), "OK").state == "OK"
    assert evaluate(points("- - X - -"), config(3), "OK").state == "ALARM"


def test_enough_real_points_bridge_gaps() -> None:
    """W15 (CloudWatch User Guide, alarms-and-missing-data): the newest N real points decide."""
    for mode in MODES:
        found = evaluate(points("0 X X - X"), config(3, mode), "OK")
        assert (found.state, found.filled, len(found.judged)) == ("ALARM", 0, 3)


def test_few_real_points_are_filled_up() -> None:
    """W16 (CloudWatch User Guide, alarms-and-missing-data): only as many fillers as needed."""
    found = evaluate(points("- - X - X"), config(3, "breaching"), "OK")
    assert (found.state, found.filled, len(found.judged)) == ("ALARM", 1, 2)


def test_m_of_n_need_not_be_adjacent() -> None:
    """W7 (CloudWatch User Guide, alarm concepts): any M breaching points of the last N."""
    alarm = config(2, periods=4)
    assert evaluate(points("X 0 0 X"), alarm, "OK").state == "ALARM"
    assert evaluate(points("0 0 0 X"), alarm, "ALARM").state == "OK"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [False, False, True]),
        ("GreaterThanOrEqualToThreshold", [False, True, True]),
        ("LessThanThreshold", [True, False, False]),
        ("LessThanOrEqualToThreshold", [True, True, False]),
    ],
)
def test_comparisons(comparison: str, breaching: list[bool]) -> None:
    """W8 (CloudWatch API reference, ComparisonOperator): strict or not, above or below."""
    alarm = AlarmConfig(comparison, 1.0, 1)
    assert [alarm.breaches(value) for value in (0.0, 1.0, 2.0)] == breaching


def test_few_samples_keep_the_state_if_asked() -> None:
    """W10 (CloudWatch User Guide, percentiles with low samples): `ignore` keeps the state."""
    alarm = AlarmConfig("GreaterThanThreshold", 0.0, 1, least_samples=1000)
    few, many = Point(NOON, 1.0, 999), Point(NOON, 1.0, 1000)
    assert evaluate([few], alarm, "INSUFFICIENT_DATA").state == "INSUFFICIENT_DATA"
    assert evaluate([many], alarm, "INSUFFICIENT_DATA").state == "ALARM"


def test_the_range_is_wider_than_what_is_needed() -> None:
    """W14 (CloudWatch User Guide, alarms-and-missing-data): 5 periods are looked at for 3."""
    assert evaluation_range(3) == 5
    assert evaluation_range(1) > 1


@given(
    st.lists(st.sampled_from("X0-"), min_size=5, max_size=5),
    st.integers(1, 3),
    st.sampled_from(MODES),
    st.sampled_from(["OK", "ALARM", "INSUFFICIENT_DATA"]),
)
def test_invariants(marks: list[str], needed: int, mode: MissingData, previous: State) -> None:
    """M breaching real points always alarm; without a breach only `breaching` can alarm."""
    found = evaluate(points(" ".join(marks)), config(needed, mode), previous)
    newest = [mark for mark in marks if mark != "-"][-3:]
    if newest.count("X") >= needed:
        assert found.state == "ALARM"
    elif "0" in newest and mode != "breaching":
        assert found.state == "OK"
    if found.state == "INSUFFICIENT_DATA" and previous != "INSUFFICIENT_DATA":
        assert newest == []


@pytest.mark.parametrize(
    ("drawn", "alarm", "text"),
    [
        (
            "- - X",
            config(None, periods=1),
            "Threshold Crossed: 1 datapoint [1.0 (15/01/27 12:02:00)] was greater than the "
            "threshold (0.0).",
        ),
        (
            "0 X X",
            config(None, periods=2),
            "Threshold Crossed: 2 datapoints [1.0 (15/01/27 12:02:00), 1.0 (15/01/27 12:01:00)] "
            "were greater than the threshold (0.0).",
        ),
        (
            "- - 0",
            config(None, periods=1),
            "Threshold Crossed: 1 datapoint [0.0 (15/01/27 12:02:00)] was not greater than the "
            "threshold (0.0).",
        ),
        (
            "- - - -",
            config(None, "breaching", periods=2),
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing "
            "datapoints were treated as [Breaching].",
        ),
        (
            "X 0 X",
            config(2, periods=3),
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (15/01/27 12:02:00), 1.0 "
            "(15/01/27 12:00:00)] were greater than the threshold (0.0) (minimum 2 datapoints for "
            "OK -> ALARM transition).",
        ),
        (
            "- - 0",
            config(1, periods=1),
            "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (15/01/27 12:02:00)] was not "
            "greater than the threshold (0.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
        ("- - -", config(None, periods=1), "Insufficient Data: 1 datapoint was unknown."),
        (
            "- - X",
            config(None, "breaching", periods=3),
            "Threshold Crossed: 1 datapoint [1.0 (15/01/27 12:02:00)] was greater than the "
            "threshold (0.0) and 2 missing datapoints were treated as [Breaching].",
        ),
        (
            "- - 0",
            config(None, "breaching", periods=3),
            "Threshold Crossed: 1 datapoint [0.0 (15/01/27 12:02:00)] was not greater than the "
            "threshold (0.0) and 2 missing datapoints were treated as [Breaching].",
        ),
    ],
)
def test_state_reasons(drawn: str, alarm: AlarmConfig, text: str) -> None:
    """W24, W25, W26 (CloudWatch User Guide, EventBridge samples): how a reason is worded."""
    assert reason(evaluate(points(drawn), alarm, "OK"), alarm) == text
