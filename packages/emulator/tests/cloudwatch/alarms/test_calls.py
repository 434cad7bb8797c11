"""Alarms as a caller sees them: states, missing data, windows, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.cloudwatch.alarms.alarms import FUNCTION, put_alarm
from emulator.tests.cloudwatch_client import Bench, bench

if TYPE_CHECKING:
    from emulator.cloudwatch.alarms.rules import State

MODES = ("missing", "ignore", "breaching", "notBreaching")


def play(at: Bench, drawn: str) -> None:
    """`X` a breach, `0` none, `-` no data: one a minute, evaluated after the last."""
    for mark in drawn.split():
        if mark != "-":
            value = 1.0 if mark == "X" else 0.0
            at.store.put("AWS/Lambda", "Errors", FUNCTION, value, at.clock.now() + 1)
        at.clock.advance(60)
    at.service.evaluate()


def states(drawn: str, previous: State, **alarm: Any) -> list[str]:
    """The state under each treatment of missing data, from `previous` on."""
    at = bench()
    for mode in MODES:
        put_alarm(at.client, AlarmName=mode, TreatMissingData=mode, **alarm)
        at.client.set_alarm_state(AlarmName=mode, StateValue=previous, StateReason="given")
    play(at, drawn)
    return [at.state(mode) for mode in MODES]


@pytest.mark.behaviour("W13", "W14", "W15", "W16", "W17", "W18", "W20")
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
def test_the_documented_tables_of_missing_data(
    needed: int, drawn: str, table: str, previous: State
) -> None:
    """All ten rows, each treatment, from each state."""
    expected = [previous if state == "keep" else state for state in table.split()]
    assert states(drawn, previous, EvaluationPeriods=3, DatapointsToAlarm=needed) == expected


@pytest.mark.behaviour("W19", "W21")
@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_one_young_breach_alarms_not_yet(drawn: str) -> None:
    """With three of three needed it has to be three periods old."""
    alarm = {"EvaluationPeriods": 3, "DatapointsToAlarm": 3}
    assert states(drawn, "OK", **alarm)[0] != "ALARM"
    assert states("- - X - -", "OK", **alarm)[0] == "ALARM"


@pytest.mark.behaviour("W7")
def test_any_m_of_the_last_n_alarm() -> None:
    """They need not be adjacent; without M, all N."""
    assert set(states("X 0 0 X", "OK", EvaluationPeriods=4, DatapointsToAlarm=2)) == {"ALARM"}
    assert set(states("X 0 0 X", "OK", EvaluationPeriods=4, DatapointsToAlarm=3)) == {"OK"}
    assert set(states("X X 0 X", "OK", EvaluationPeriods=4)) == {"OK"}


@pytest.mark.behaviour("W8")
@pytest.mark.parametrize(
    ("comparison", "of_zero", "of_one"),
    [
        ("GreaterThanThreshold", "X", ""),
        ("GreaterThanOrEqualToThreshold", "X0", "X"),
        ("LessThanThreshold", "", "0"),
        ("LessThanOrEqualToThreshold", "0", "X0"),
    ],
)
def test_each_comparison(comparison: str, of_zero: str, of_one: str) -> None:
    """Strict or not, above or below: values of 1 and 0 against thresholds of 0 and 1."""
    for threshold, breaching in ((0.0, of_zero), (1.0, of_one)):
        alarm: Any = {"EvaluationPeriods": 1, "Threshold": threshold}
        for mark in "X0":
            found = set(states(mark, "OK", ComparisonOperator=comparison, **alarm))
            assert found == {"ALARM" if mark in breaching else "OK"}


@pytest.mark.behaviour("W24", "W25", "W26")
@pytest.mark.parametrize(
    ("drawn", "alarm", "text"),
    [
        (
            "X",
            {"EvaluationPeriods": 1},
            "Threshold Crossed: 1 datapoint [1.0 (15/01/27 12:00:00)] was greater than the "
            "threshold (0.0).",
        ),
        (
            "0",
            {"EvaluationPeriods": 1},
            "Threshold Crossed: 1 datapoint [0.0 (15/01/27 12:00:00)] was not greater than the "
            "threshold (0.0).",
        ),
        (
            "- - -",
            {"EvaluationPeriods": 2, "TreatMissingData": "breaching"},
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing "
            "datapoints were treated as [Breaching].",
        ),
        (
            "X 0 X",
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 2},
            "Threshold Crossed: 2 out of the last 3 datapoints [1.0 (15/01/27 12:02:00), 1.0 "
            "(15/01/27 12:00:00)] were greater than the threshold (0.0) (minimum 2 datapoints for "
            "OK -> ALARM transition).",
        ),
        (
            "0",
            {"EvaluationPeriods": 1, "DatapointsToAlarm": 1},
            "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (15/01/27 12:00:00)] was not "
            "greater than the threshold (0.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
    ],
)
def test_reasons_are_worded_as_by_cloudwatch(drawn: str, alarm: dict[str, Any], text: str) -> None:
    """The day comes first in their dates."""
    at = bench()
    put_alarm(at.client, **alarm)
    play(at, drawn)
    assert at.alarm("errors")["StateReason"] == text


@pytest.mark.behaviour("W22", "W23")
def test_a_metric_that_stops_leaves_the_state_until_its_range_is_empty() -> None:
    """By `missing` it then has insufficient data, by `notBreaching` it is OK."""
    at = bench()
    for mode in ("missing", "notBreaching"):
        put_alarm(at.client, AlarmName=mode, TreatMissingData=mode, EvaluationPeriods=1)
    play(at, "X")
    assert [at.state(mode) for mode in ("missing", "notBreaching")] == ["ALARM", "ALARM"]
    play(at, "- - - - -")
    assert [at.state(mode) for mode in ("missing", "notBreaching")] == ["INSUFFICIENT_DATA", "OK"]


@pytest.mark.behaviour("W11", "W31", "W12")
def test_a_state_set_by_hand_is_history_and_passes() -> None:
    """SetAlarmState shows at once, the next evaluation finds the truth, both are told."""
    at = bench()
    put_alarm(at.client, TreatMissingData="notBreaching")
    play(at, "0")
    at.client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="drill")
    assert at.state("errors") == "ALARM"
    play(at, "0")
    assert at.state("errors") == "OK"
    items = at.client.describe_alarm_history(AlarmName="errors", HistoryItemType="StateUpdate")
    assert [item["HistorySummary"] for item in items["AlarmHistoryItems"]] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]


QUIET: Any = {"TreatMissingData": "notBreaching", "EvaluationPeriods": 2}
WARM_UP: Any = {"WarmUpPeriodDurationInMinutes": 5}


def test_without_a_warm_up_missing_data_is_an_ok_at_once() -> None:
    """CloudWatch User Guide, alarm-warm-up: what a warm-up is against."""
    at = bench()
    put_alarm(at.client, **QUIET)
    play(at, "-")
    assert at.state("errors") == "OK"


@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_a_new_alarm_says_nothing_while_it_warms_up_without_data(scale: float) -> None:
    """User Guide, alarm-warm-up: INSUFFICIENT_DATA for its minutes, and then as ever."""
    at = bench(scale=scale)
    put_alarm(at.client, **QUIET, WarmUpConfiguration=WARM_UP)
    for _ in range(4):
        at.later(60 / scale)
        assert at.state("errors") == "INSUFFICIENT_DATA"
    at.later(60 / scale)
    assert at.state("errors") == "OK"
    described = at.client.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]
    assert described["WarmUpConfiguration"] == WARM_UP


@pytest.mark.parametrize(("whole", "state"), [(False, "ALARM"), (True, "INSUFFICIENT_DATA")])
def test_data_ends_a_warm_up_unless_it_is_to_be_waited_out(whole: bool, state: str) -> None:
    """User Guide, alarm-warm-up: as soon as the data fills the window, not before."""
    at = bench()
    given = WARM_UP | {"OnlyStartEvaluatingAfterWarmUpPeriodEnds": whole}
    put_alarm(at.client, **QUIET, WarmUpConfiguration=given)
    play(at, "X")
    assert at.state("errors") == "INSUFFICIENT_DATA"
    play(at, "X")
    assert at.state("errors") == state


def test_a_later_change_starts_no_second_warm_up() -> None:
    """The provider's documentation of `warm_up_configuration`: once, when the alarm is made."""
    at = bench()
    put_alarm(at.client, **QUIET)
    play(at, "- - - - - -")
    put_alarm(at.client, **QUIET, WarmUpConfiguration=WARM_UP)
    play(at, "X X")
    assert at.state("errors") == "ALARM"
