"""How CloudWatch words why an alarm is in its state."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.cloudwatch.alarms.rules import AlarmConfig, Evaluation
    from emulator.cloudwatch.metrics.store import Point

CREATED = "Unchecked: Initial alarm creation"
_MAX_REASON = 1023

_COMPARED = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def reason(evaluation: Evaluation, config: AlarmConfig) -> str:
    """The StateReason of a transition to the state of `evaluation`."""
    if evaluation.state == "INSUFFICIENT_DATA":
        count = config.evaluation_periods
        return f"Insufficient Data: {_counted(count, 'datapoint')} {_was(count)} unknown."
    if not evaluation.judged:
        return (
            "Threshold Crossed: no datapoints were received for "
            f"{_counted(evaluation.filled, 'period')} and {_filled(evaluation, config)}."
        )
    text = f"Threshold Crossed: {' and '.join(_causes(evaluation, config))}"
    if config.datapoints_to_alarm is not None:
        text += f" {_minimum(evaluation, config)}"
    return f"{text}."[:_MAX_REASON]


def _causes(evaluation: Evaluation, config: AlarmConfig) -> list[str]:
    """The real points that speak for the state and the missing ones that were counted so."""
    alarm = evaluation.state == "ALARM"
    decisive = [point for point in evaluation.judged if config.breaches(point.value) == alarm]
    causes = [_compared(decisive, config, breaching=alarm)] if decisive else []
    if evaluation.filled and config.missing_data in _TREATED:
        causes.append(_filled(evaluation, config))
    if not causes:
        few = _compared(evaluation.judged, config, breaching=not alarm)
        causes = [f"{few}, too few for a transition"]
    return causes


def _compared(points: Sequence[Point], config: AlarmConfig, *, breaching: bool) -> str:
    """`points`, newest first, against the threshold."""
    count = _counted(len(points), "datapoint")
    if config.datapoints_to_alarm is not None:
        count = f"{len(points)} out of the last {config.evaluation_periods} datapoints"
    verb = _was(len(points)) if breaching else f"{_was(len(points))} not"
    crossed = f"{_COMPARED[config.comparison]} the threshold ({config.threshold!r})"
    return f"{count} {_listed(points)} {verb} {crossed}"


def _minimum(evaluation: Evaluation, config: AlarmConfig) -> str:
    """How many points the transition takes: M to alarm, N - M + 1 back."""
    if evaluation.state == "ALARM":
        return f"(minimum {_counted(config.needed, 'datapoint')} for OK -> ALARM transition)"
    back = config.evaluation_periods - config.needed + 1
    return f"(minimum {_counted(back, 'datapoint')} for ALARM -> OK transition)"


def _filled(evaluation: Evaluation, config: AlarmConfig) -> str:
    count = evaluation.filled
    treated = _TREATED.get(config.missing_data, config.missing_data)
    return f"{_counted(count, 'missing datapoint')} {_was(count)} treated as [{treated}]"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(points: Sequence[Point]) -> str:
    shown = [f"{point.value!r} ({_day_first(point.timestamp)})" for point in reversed(points)]
    return f"[{', '.join(shown)}]"


def _day_first(timestamp: float) -> str:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC).strftime("%d/%m/%y %H:%M:%S")


def stamp(timestamp: float) -> str:
    """`timestamp` as alarm records write it: ISO 8601 to the millisecond, with the offset."""
    moment = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def reason_data(
    evaluation: Evaluation, config: AlarmConfig, now: float, source: dict[str, Any]
) -> str:
    """The StateReasonData; `source` holds the statistic, period and unit that the alarm has."""
    judged = evaluation.judged
    data: dict[str, Any] = {"version": "1.0", "queryDate": stamp(now)}
    if judged:
        data["startDate"] = stamp(judged[0].timestamp)
    data |= source
    data["recentDatapoints"] = [point.value for point in judged]
    data["threshold"] = config.threshold
    data["evaluatedDatapoints"] = [_evaluated(point) for point in reversed(judged)]
    return json.dumps(data)


def _evaluated(point: Point) -> dict[str, Any]:
    counted = {"sampleCount": point.samples} if point.samples else {}
    return {"timestamp": stamp(point.timestamp), **counted, "value": point.value}
