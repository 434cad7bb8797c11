"""The alarms that exist, their states, and what happened to them."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from emulator.cloudwatch.alarms.reasons import CREATED

if TYPE_CHECKING:
    from emulator.clock import Clock
    from emulator.cloudwatch.alarms.composites import Rule
    from emulator.cloudwatch.alarms.config import MetricRule
    from emulator.cloudwatch.alarms.rules import State

Kind = Literal["MetricAlarm", "CompositeAlarm"]

_HISTORY = 10_000
_MAX_HISTORY_DATA = 4_095
_ACTIONS: dict[State, str] = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


@dataclass(slots=True)
class Alarm:
    """One alarm: `members` as they were put, `rule` what they mean, and its state."""

    name: str
    arn: str
    kind: Kind
    members: dict[str, Any]
    rule: MetricRule | Rule
    configured: float
    created: float
    state: State = "INSUFFICIENT_DATA"
    reason: str = CREATED
    reason_data: str | None = None
    updated: float = 0.0
    transitioned: float = 0.0
    evaluation_error: bool = False

    @property
    def actions_enabled(self) -> bool:
        """Whether a transition records its actions."""
        return bool(self.members.get("ActionsEnabled", True))

    def warms_up(self, minutes: int, *, gaps: bool) -> bool:
        """Whether it is too new, at an age in minutes, to be judged by data with or without gaps.

        Source: User Guide, alarm warm-up periods.
        """
        given = self.members.get("WarmUpConfiguration")
        if given is None or minutes >= given["WarmUpPeriodDurationInMinutes"]:
            return False
        return gaps or bool(given.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds"))

    def described(self) -> dict[str, Any]:
        """The alarm as DescribeAlarms gives it; members that were never given are absent."""
        single: dict[str, Any] = {"Dimensions": []} if "MetricName" in self.members else {}
        return {
            **single,
            **self.members,
            "AlarmArn": self.arn,
            "ActionsEnabled": self.actions_enabled,
            **{action: self.members.get(action, []) for action in _ACTIONS.values()},
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": self.updated,
            "StateTransitionedTimestamp": self.transitioned,
            "EvaluationState": "EVALUATION_ERROR" if self.evaluation_error else None,
        }


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One entry of an alarm's history, which outlives the alarm."""

    alarm: str
    kind: Kind
    timestamp: float
    type: str
    summary: str
    data: str

    def described(self) -> dict[str, Any]:
        """The entry as DescribeAlarmHistory gives it."""
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.kind,
            "Timestamp": self.timestamp,
            "HistoryItemType": self.type,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


@dataclass(slots=True)
class AlarmBook:
    """All alarms by name, and the history of the latest 10,000 events."""

    clock: Clock
    arn_prefix: str
    alarms: dict[str, Alarm] = field(default_factory=dict)
    history: deque[HistoryItem] = field(default_factory=lambda: deque(maxlen=_HISTORY))

    def find(self, reference: str) -> Alarm | None:
        """The alarm of that name or ARN."""
        return self.alarms.get(reference.removeprefix(self.arn_prefix))

    def put(self, kind: Kind, members: dict[str, Any], rule: MetricRule | Rule) -> Alarm:
        """Create the alarm, or replace the configuration of the one there and keep its state."""
        name = members["AlarmName"]
        now = self.clock.now()
        alarm = self.alarms.get(name)
        verb = "created" if alarm is None else "updated"
        if alarm is None:
            arn = f"{self.arn_prefix}{name}"
            alarm = Alarm(name, arn, kind, members, rule, now, now, updated=now, transitioned=now)
            self.alarms[name] = alarm
        else:
            alarm.kind, alarm.members, alarm.rule, alarm.configured = kind, members, rule, now
        change = {"version": "1.0", "type": verb.removesuffix("d").title(), f"{verb}Alarm": members}
        self._record(alarm, "ConfigurationUpdate", f'Alarm "{name}" {verb}', change)
        return alarm

    def delete(self, name: str) -> None:
        """Remove the alarm; its history stays."""
        alarm = self.alarms.pop(name)
        change = {"version": "1.0", "type": "Delete", "deletedAlarm": alarm.members}
        self._record(alarm, "ConfigurationUpdate", f'Alarm "{name}" deleted', change)

    def transition(self, alarm: Alarm, state: State, reason: str, reason_data: str | None) -> None:
        """Put `alarm` into `state`, and record that and, if the state is another, its actions."""
        old = alarm.state
        change = {"version": "1.0", "oldState": _state(alarm)}
        now = self.clock.now()
        alarm.state, alarm.reason, alarm.reason_data = state, reason, reason_data
        alarm.updated = now
        if state == old:
            return
        alarm.transitioned = now
        change["newState"] = _state(alarm)
        self._record(alarm, "StateUpdate", f"Alarm updated from {old} to {state}", change)
        if alarm.actions_enabled:
            for action in alarm.members.get(_ACTIONS[state], []):
                self._record_action(alarm, action)

    def _record_action(self, alarm: Alarm, action: str) -> None:
        summary = f"Recorded action {action}"[:255]
        data = {"actionState": "Recorded", "notificationResource": action, "publishedMessage": None}
        self._record(alarm, "Action", summary, data)

    def _record(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        text = json.dumps(data, default=str)[:_MAX_HISTORY_DATA]
        self.history.append(
            HistoryItem(alarm.name, alarm.kind, self.clock.now(), kind, summary[:255], text)
        )


def _state(alarm: Alarm) -> dict[str, Any]:
    described: dict[str, Any] = {"stateValue": alarm.state, "stateReason": alarm.reason}
    if alarm.reason_data:
        try:
            described["stateReasonData"] = json.loads(alarm.reason_data)
        except ValueError:
            described["stateReasonData"] = alarm.reason_data
    return described
