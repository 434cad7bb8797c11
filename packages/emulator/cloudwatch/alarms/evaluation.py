"""The evaluation of alarms: points from the store, a decision per alarm, then the composites."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from emulator.cloudwatch.alarms.composites import children, holds
from emulator.cloudwatch.alarms.config import SHORTEST_PERIOD, MetricRule
from emulator.cloudwatch.alarms.reasons import reason, reason_data, stamp
from emulator.cloudwatch.alarms.rules import evaluate, evaluation_range
from emulator.cloudwatch.metrics.store import MINUTE, Grid
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.cloudwatch.alarms.composites import Rule
    from emulator.cloudwatch.alarms.rules import State
    from emulator.cloudwatch.alarms.states import Alarm, AlarmBook
    from emulator.cloudwatch.metrics.store import MetricStore


def evaluate_alarms(book: AlarmBook, store: MetricStore, now: float) -> None:
    """Bring every alarm to the state it has at `now`.

    The window of an alarm slides with each evaluation: its periods end at the last whole minute,
    whatever multiple of the period that is (CloudWatch User Guide, alarm evaluation); those of an
    alarm with a period below a minute at the last whole 10 s.
    """
    for _ in evaluation(book, store, now):
        pass


def evaluation(book: AlarmBook, store: MetricStore, now: float) -> Iterator[None]:
    """The same, an alarm at a time: a percentile takes a millisecond, and others want their turn.

    What is changed or deleted meanwhile counts as it then is.
    """
    for name in list(book.alarms):
        alarm = book.alarms.get(name)
        if alarm is not None and isinstance(alarm.rule, MetricRule):
            _evaluate_metric(book, store, alarm, alarm.rule, now)
            yield
    evaluate_composites(book)


def high_resolution(book: AlarmBook) -> bool:
    """Whether an alarm has a period below a minute: such alarms are evaluated each 10 s."""
    rules = [alarm.rule for alarm in book.alarms.values()]
    return any(isinstance(rule, MetricRule) and rule.period < MINUTE for rule in rules)


def _evaluate_metric(
    book: AlarmBook, store: MetricStore, alarm: Alarm, rule: MetricRule, now: float
) -> None:
    count = evaluation_range(rule.config.evaluation_periods)
    end = store.floor(now, MINUTE if rule.period >= MINUTE else SHORTEST_PERIOD)
    grid = Grid(end - count * rule.period, rule.period, count)
    try:
        points = rule.points(store, grid)
    except AwsError:
        # What a put could not foresee: the state stays, and DescribeAlarms tells of it.
        alarm.evaluation_error = True
        return
    alarm.evaluation_error = False
    found = evaluate(points, rule.config, alarm.state)
    age = store.minute_of(now) - store.minute_of(alarm.created)
    if alarm.warms_up(age, gaps=bool(found.filled)):
        return
    if found.state != alarm.state:
        data = reason_data(found, rule.config, now, rule.described())
        book.transition(alarm, found.state, reason(found, rule.config), data)


def evaluate_composites(book: AlarmBook) -> None:
    """Bring every composite alarm to the state that its children give it.

    Composites of composites settle in as many rounds as there are composites; those that form a
    cycle stop there (API reference, DeleteAlarms).
    """
    composites = [alarm for alarm in book.alarms.values() if alarm.kind == "CompositeAlarm"]
    for _ in composites:
        changed = [alarm for alarm in composites if _evaluate_composite(book, alarm)]
        if not changed:
            return


def _evaluate_composite(book: AlarmBook, alarm: Alarm) -> bool:
    rule = alarm.rule
    assert not isinstance(rule, MetricRule)  # noqa: S101
    state: State = "ALARM" if holds(rule, lambda name: _state_of(book, name)) else "OK"
    if state == alarm.state:
        return False
    triggers = _latest_children(book, rule)
    data = {"triggeringAlarms": [_trigger(child) for child in triggers]}
    text = _composite_reason(triggers[0]) if triggers else "The rule names no alarm"
    book.transition(alarm, state, text, json.dumps(data))
    return True


def _state_of(book: AlarmBook, reference: str) -> State | None:
    alarm = book.find(reference)
    return alarm.state if alarm else None


def _latest_children(book: AlarmBook, rule: Rule) -> list[Alarm]:
    """The child that changed last: its transition is what the composite's follows from."""
    found = [alarm for name in sorted(children(rule)) if (alarm := book.find(name))]
    return sorted(found, key=lambda alarm: alarm.transitioned, reverse=True)[:1]


def _trigger(alarm: Alarm) -> dict[str, object]:
    state = {"value": alarm.state, "timestamp": stamp(alarm.transitioned)}
    return {"arn": alarm.arn, "state": state}


def _composite_reason(alarm: Alarm) -> str:
    moment = dt.datetime.fromtimestamp(alarm.transitioned, dt.UTC)
    return f"{alarm.arn} transitioned to {alarm.state} at {moment:%A %d %B, %Y %H:%M:%S} UTC"
