"""The operations on alarms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.alarms.composites import Rule, children, parse_rule
from emulator.cloudwatch.alarms.config import MetricRule, parse_metric_alarm
from emulator.cloudwatch.alarms.evaluation import evaluate_composites
from emulator.cloudwatch.metrics.expressions import invalid
from emulator.cloudwatch.metrics.queries import metric_of
from emulator.cloudwatch.metrics.store import Grid, MetricStore
from emulator.cloudwatch.wire.paging import page
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from emulator.cloudwatch.alarms.states import Alarm, AlarmBook, HistoryItem, Kind
    from emulator.cloudwatch.tags import Tags

Parameters = dict[str, Any]
Result = dict[str, Any]

_PAGE = 100
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_SUPPRESSION = re.compile("ActionsSuppressor|ActionConfiguration")


class AlarmOperations:
    """Put, describe, set, switch and delete alarms of one book."""

    def __init__(self, book: AlarmBook, store: MetricStore, tags: Tags) -> None:
        self.book = book
        self.store = store
        self.tags = tags

    def operations(self) -> Mapping[str, Callable[[Parameters], Result]]:
        """Each operation by its name."""
        return {
            "PutMetricAlarm": self.put_metric_alarm,
            "PutCompositeAlarm": self.put_composite_alarm,
            "DescribeAlarms": self.describe_alarms,
            "DescribeAlarmsForMetric": self.describe_alarms_for_metric,
            "DescribeAlarmHistory": self.describe_alarm_history,
            "DeleteAlarms": self.delete_alarms,
            "SetAlarmState": self.set_alarm_state,
            "EnableAlarmActions": lambda given: self._switch_actions(given, enabled=True),
            "DisableAlarmActions": lambda given: self._switch_actions(given, enabled=False),
        }

    def put_metric_alarm(self, given: Parameters) -> Result:
        """Create or replace a metric alarm; a new one is first evaluated at the next round."""
        rule = parse_metric_alarm(given)
        # A dry run: whether an expression gives a time series does not depend on the data.
        rule.points(self.store, Grid(0, rule.period, 1))
        self._put("MetricAlarm", given, rule)
        return {}

    def put_composite_alarm(self, given: Parameters) -> Result:
        """Create or replace a composite alarm; its rule may only name alarms that exist."""
        for member in given:
            if _SUPPRESSION.match(member):
                raise invalid(f"{member} is not one of the members that this emulator has")
        rule = parse_rule(given["AlarmRule"])
        missing = sorted(name for name in children(rule) if self.book.find(name) is None)
        if missing:
            raise invalid(f"AlarmRule names alarms that do not exist: {', '.join(missing)}")
        self._put("CompositeAlarm", given, rule)
        evaluate_composites(self.book)
        return {}

    def _put(self, kind: Kind, given: Parameters, rule: MetricRule | Rule) -> None:
        existing = self.book.alarms.get(given["AlarmName"])
        if existing is not None and existing.kind != kind:
            raise invalid(f"The name {existing.name} belongs to an alarm of the other type")
        members = {name: value for name, value in given.items() if name != "Tags"}
        alarm = self.book.put(kind, members, rule)
        if existing is None:
            self.tags.put(alarm.arn, given.get("Tags", []))

    def describe_alarms(self, given: Parameters) -> Result:
        """Metric alarms only, unless AlarmTypes asks for composites (API reference)."""
        types = given.get("AlarmTypes") or ["MetricAlarm"]
        found = [
            alarm for alarm in self._related(given) if alarm.kind in types and _wanted(alarm, given)
        ]
        alarms, token = page(found, given.get("NextToken"), given.get("MaxRecords", _PAGE))
        return {
            "MetricAlarms": _described(alarms, "MetricAlarm"),
            "CompositeAlarms": _described(alarms, "CompositeAlarm"),
            "NextToken": token,
        }

    def _related(self, given: Parameters) -> list[Alarm]:
        alarms = sorted(self.book.alarms.values(), key=lambda alarm: alarm.name)
        if "ChildrenOfAlarmName" in given:
            parent = self._existing(given["ChildrenOfAlarmName"])
            return [alarm for alarm in alarms if self._names(parent, alarm)]
        if "ParentsOfAlarmName" in given:
            child = self._existing(given["ParentsOfAlarmName"])
            return [alarm for alarm in alarms if self._names(alarm, child)]
        return alarms

    def _names(self, parent: Alarm, child: Alarm) -> bool:
        rule = parent.rule
        if isinstance(rule, MetricRule):
            return False
        return any(self.book.find(name) is child for name in children(rule))

    def _existing(self, name: str) -> Alarm:
        alarm = self.book.alarms.get(name)
        if alarm is None:
            raise AwsError("ResourceNotFound", "", 404)  # recorded without any text
        return alarm

    def describe_alarms_for_metric(self, given: Parameters) -> Result:
        """The alarms on exactly this metric, and this statistic, period and unit where given."""
        metric = metric_of(given)
        narrowed = ("Statistic", "ExtendedStatistic", "Period", "Unit")
        found = [
            alarm.described()
            for alarm in self.book.alarms.values()
            if isinstance(alarm.rule, MetricRule)
            and alarm.rule.stat is not None
            and alarm.rule.stat.metric == metric
            and all(given.get(name) in (None, alarm.members.get(name)) for name in narrowed)
        ]
        return {"MetricAlarms": found}

    def describe_alarm_history(self, given: Parameters) -> Result:
        """History items, newest first unless asked otherwise."""
        found = [item for item in self.book.history if _wanted_item(item, given)]
        if given.get("ScanBy") != "TimestampAscending":
            found.reverse()
        items, token = page(found, given.get("NextToken"), given.get("MaxRecords", _PAGE))
        return {"AlarmHistoryItems": [item.described() for item in items], "NextToken": token}

    def delete_alarms(self, given: Parameters) -> Result:
        """Wrong names are passed over; a composite's child cannot go (API reference)."""
        alarms = [
            alarm
            for name in dict.fromkeys(given["AlarmNames"])
            if (alarm := self.book.alarms.get(name))
        ]
        if sum(alarm.kind == "CompositeAlarm" for alarm in alarms) > 1:
            raise invalid("At most one composite alarm can be deleted at a time")
        for alarm in alarms:
            parent = next((p for p in self.book.alarms.values() if self._names(p, alarm)), None)
            if parent and parent not in alarms and alarm.kind == "CompositeAlarm":
                text = f"{alarm.name} is part of the rule of {parent.name}"
                raise AwsError("ResourceConflict", text, 409)
        for alarm in alarms:
            self.book.delete(alarm.name)
            self.tags.drop(alarm.arn)
        evaluate_composites(self.book)
        return {}

    def set_alarm_state(self, given: Parameters) -> Result:
        """Set the state until the next evaluation finds another."""
        alarm = self._existing(given["AlarmName"])
        data = given.get("StateReasonData")
        self.book.transition(alarm, given["StateValue"], given["StateReason"], data)
        evaluate_composites(self.book)
        return {}

    def _switch_actions(self, given: Parameters, *, enabled: bool) -> Result:
        for name in given["AlarmNames"]:
            if alarm := self.book.alarms.get(name):
                members = {**alarm.members, "ActionsEnabled": enabled}
                self.book.put(alarm.kind, members, alarm.rule)
        return {}


def _described(alarms: Iterable[Alarm], kind: Kind) -> list[Result]:
    return [alarm.described() for alarm in alarms if alarm.kind == kind]


def _wanted(alarm: Alarm, given: Parameters) -> bool:
    if given.get("AlarmNames") and alarm.name not in given["AlarmNames"]:
        return False
    if given.get("StateValue") not in (None, alarm.state):
        return False
    if not alarm.name.startswith(given.get("AlarmNamePrefix", "")):
        return False
    actions = [action for kind in _ACTIONS for action in alarm.members.get(kind, [])]
    prefix = given.get("ActionPrefix")
    return prefix is None or any(action.startswith(prefix) for action in actions)


def _wanted_item(item: HistoryItem, given: Parameters) -> bool:
    if given.get("AlarmName") not in (None, item.alarm):
        return False
    if given.get("HistoryItemType") not in (None, item.type):
        return False
    if item.kind not in (given.get("AlarmTypes") or ["MetricAlarm"]):
        return False
    start, end = given.get("StartDate", float("-inf")), given.get("EndDate", float("inf"))
    return bool(start <= item.timestamp <= end)
