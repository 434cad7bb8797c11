"""The scenarios: how the offered rate moves over a run, and what is sent. Pure values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from loadtest import hours
from loadtest.errors import UsageError


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of constant rate: `seconds` long, `rate` in orders per second."""

    seconds: float
    rate: float


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares (0..1) of all orders that are not a first, valid, synchronous order."""

    asynchronous: float = 0.0
    invalid: float = 0.0
    repeated: float = 0.0


Shape = Callable[[float, float], tuple[Stage, ...]]
"""From peak rate (orders/s) and duration (s) to stages whose seconds add up to the duration."""


def smoke(peak_rate: float, duration: float) -> tuple[Stage, ...]:
    """One low, constant rate: does anything answer at all."""
    return (Stage(duration, peak_rate),)


def average(peak_rate: float, duration: float) -> tuple[Stage, ...]:
    """The average hour of a day whose busiest hour has the peak rate."""
    return (Stage(duration, peak_rate * hours.MEAN_OF_PEAK),)


def peak_hour(peak_rate: float, duration: float) -> tuple[Stage, ...]:
    """Hours 6 to 22 of the day, compressed; the busiest one has the peak rate."""
    shares = hours.shares_of_peak(6, 22)
    return tuple(Stage(duration / len(shares), peak_rate * share) for share in shares)


def spike(peak_rate: float, duration: float) -> tuple[Stage, ...]:
    """A fifth of the peak rate, the peak for a fifth of the time, then a fifth again."""
    calm = peak_rate / 5
    return (
        Stage(duration * 0.4, calm),
        Stage(duration * 0.2, peak_rate),
        Stage(duration * 0.4, calm),
    )


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named shape with the peak rate (orders/s) and duration (s) it has unless told otherwise."""

    name: str
    shape: Shape
    peak_rate: float
    duration: float
    mix: Mix

    def stages(self) -> tuple[Stage, ...]:
        """Return the offered rate over time."""
        return self.shape(self.peak_rate, self.duration)


_BUSINESS: Final = Mix(asynchronous=0.10, invalid=0.02, repeated=0.02)

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario("smoke", smoke, 5.0, 10.0, _BUSINESS),
        Scenario("average", average, 80.0, 60.0, _BUSINESS),
        Scenario("peak_hour", peak_hour, 80.0, 60.0, _BUSINESS),
        Scenario("spike", spike, 160.0, 50.0, _BUSINESS),
    )
}


def scenario(name: str, peak_rate: float | None = None, duration: float | None = None) -> Scenario:
    """Return the scenario `name`, with its own or the given peak rate (orders/s) and duration (s).

    Raises UsageError for an unknown name and for a rate or duration that is not above 0 and finite.
    """
    if name not in SCENARIOS:
        raise UsageError(f"There is no scenario '{name}'; choose one of {', '.join(SCENARIOS)}.")
    known = SCENARIOS[name]
    return Scenario(
        name,
        known.shape,
        _positive("peak rate", peak_rate, known.peak_rate),
        _positive("duration", duration, known.duration),
        known.mix,
    )


def _positive(what: str, given: float | None, default: float) -> float:
    value = default if given is None else given
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"The {what} is {value:g}; give a number above 0.")
    return value
