"""The state of a metric alarm: a pure function of points, configuration and last state."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.cloudwatch.metrics.store import Point

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
MissingData = Literal["missing", "ignore", "breaching", "notBreaching"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    """What a metric alarm judges its points by.

    `datapoints_to_alarm` is None where it was never given: all of `evaluation_periods` then.
    `least_samples` is what a point needs to be judged where few samples are to be ignored.
    """

    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    missing_data: MissingData = "missing"
    least_samples: float = 0.0

    @property
    def needed(self) -> int:
        """How many breaching points make an alarm."""
        return self.datapoints_to_alarm or self.evaluation_periods

    def breaches(self, value: float) -> bool:
        """Whether `value` is beyond the threshold."""
        return COMPARISONS[self.comparison](value, self.threshold)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A state, the points that led to it, oldest first, and how many missing ones were filled."""

    state: State
    judged: tuple[Point, ...]
    filled: int


def evaluation_range(evaluation_periods: int) -> int:
    """How many periods are looked at for `evaluation_periods` points.

    CloudWatch looks at more than it needs so as to bridge gaps. Its documented example is 5 for 3;
    the general formula is not published, and this one is a guess that fits the example.
    """
    return evaluation_periods + max(evaluation_periods // 3, 2)


def evaluate(
    points: Sequence[Point | None], config: AlarmConfig, previous_state: State
) -> Evaluation:
    """The state after looking at `points`: one per period of the evaluation range, newest last.

    With as many real points as periods to evaluate, the newest of these decide and the treatment of
    missing data is not consulted; with fewer, all real points and the smallest number of fillers
    (CloudWatch User Guide, alarms and missing data). The rules below reproduce its tables.
    """
    real = [(index, point) for index, point in enumerate(points) if point is not None]
    judged = tuple(point for _, point in real[-config.evaluation_periods :])
    filled = config.evaluation_periods - len(judged)
    if any(point.samples < config.least_samples for point in judged):
        return Evaluation(previous_state, judged, filled)
    breaching = sum(config.breaches(point.value) for point in judged)
    if filled == 0:
        return Evaluation(_by_count(breaching, config), judged, 0)
    oldest_age = len(points) - real[0][0] if real else 0
    state = _with_gaps(config, breaching, judged, filled, oldest_age, previous_state)
    return Evaluation(state, judged, filled)


def _by_count(breaching: int, config: AlarmConfig) -> State:
    return "ALARM" if breaching >= config.needed else "OK"


def _with_gaps(
    config: AlarmConfig,
    breaching: int,
    judged: Sequence[Point],
    filled: int,
    oldest_age: int,
    previous_state: State,
) -> State:
    """The state where fewer points are real than are needed; `oldest_age` is in periods.

    A lone breaching point is not yet an alarm: it becomes one when it is as old as the points that
    an alarm needs and nothing newer speaks against it (ibid., premature transitions).
    """
    if config.missing_data == "breaching":
        return _by_count(breaching + filled, config)
    if config.missing_data == "notBreaching":
        return _by_count(breaching, config)
    all_breach = bool(judged) and breaching == len(judged)
    if config.missing_data == "ignore":
        undecided = not judged or (all_breach and breaching < config.needed)
        return previous_state if undecided else _by_count(breaching, config)
    if not judged:
        return "INSUFFICIENT_DATA"
    if all_breach and oldest_age >= config.needed:
        return "ALARM"
    return _by_count(breaching, config)
