"""The scenarios: how the offered rate moves over a run, and what is sent. Pure values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from reporting import amounts

from load.model import day_profile as hours
from load.model.day_profile import Profile
from load.send.retries import ONCE, Retries

if TYPE_CHECKING:
    from pathlib import Path

_DAY_SECONDS: Final = 600.0
"""How long the compressed day of a soak lasts."""


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


Shape = Callable[[float, float, Profile], tuple[Stage, ...]]
"""From peak rate (orders/s), duration (s) and a day to stages whose seconds add up to the duration.
"""


def smoke(peak_rate: float, duration: float, _: Profile) -> tuple[Stage, ...]:
    """One low, constant rate: does anything answer at all."""
    return (Stage(duration, peak_rate),)


def average(peak_rate: float, duration: float, day: Profile) -> tuple[Stage, ...]:
    """The average hour of a day whose busiest hour has the peak rate."""
    return (Stage(duration, peak_rate * hours.mean(day)),)


def peak_hour(peak_rate: float, duration: float, day: Profile) -> tuple[Stage, ...]:
    """The day from 6 to 22 h, compressed; its busiest hour has the peak rate."""
    shares = hours.awake(day)
    return tuple(Stage(duration / len(shares), peak_rate * share) for share in shares)


def spike(peak_rate: float, duration: float, _: Profile) -> tuple[Stage, ...]:
    """A fifth of the peak rate, the peak for a fifth of the time, then a fifth again."""
    calm = peak_rate / 5
    return (
        Stage(duration * 0.4, calm),
        Stage(duration * 0.2, peak_rate),
        Stage(duration * 0.4, calm),
    )


def soak(peak_rate: float, duration: float, day: Profile) -> tuple[Stage, ...]:
    """The whole day, compressed, into ten minutes, over and over: what only shows with time."""
    days = max(1, round(duration / _DAY_SECONDS))
    shares = day * days
    return tuple(Stage(duration / len(shares), peak_rate * share) for share in shares)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named shape with the peak rate (orders/s) and duration (s) it has unless told otherwise."""

    name: str
    shape: Shape
    peak_rate: float
    duration: float
    mix: Mix
    retries: Retries = ONCE
    day: Profile = hours.INSTACART

    def longest(self) -> float:
        """Return the seconds from the start after which no order is sent any more."""
        return self.duration + (self.retries.tries - 1) * self.retries.cap

    def stages(self) -> tuple[Stage, ...]:
        """Return the offered rate over time."""
        return self.shape(self.peak_rate, self.duration, self.day)

    def orders(self) -> float:
        """Return how many orders are to be expected."""
        return sum(stage.seconds * stage.rate for stage in self.stages())


_BUSINESS: Final = Mix(asynchronous=0.10, invalid=0.02, repeated=0.02)
_QUEUED: Final = Mix(asynchronous=1.0)
_PATIENT: Final = Retries(tries=6, base=0.2, cap=5.0)

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Scenario("smoke", smoke, 5.0, 10.0, _BUSINESS),
        Scenario("average", average, 80.0, 60.0, _BUSINESS),
        Scenario("peak_hour", peak_hour, 80.0, 60.0, _BUSINESS),
        Scenario("spike", spike, 160.0, 50.0, _BUSINESS),
        Scenario("soak", soak, 40.0, 3_600.0, _BUSINESS),
        Scenario("peak_hour_retries", peak_hour, 80.0, 60.0, _BUSINESS, _PATIENT),
        Scenario("peak_hour_async", peak_hour, 80.0, 60.0, _QUEUED),
    )
}


def scenario(
    name: str,
    peak_rate: float | None = None,
    duration: float | None = None,
    profile: Path | None = None,
) -> Scenario:
    """Return the scenario `name`, with its own or the given peak rate (orders/s) and duration (s).

    `profile` is a file with the weights of another day than the cited one.

    Raises UsageError for an unknown name, a rate or duration that is not above 0 and finite, and a
    profile that cannot be sent.
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
        known.retries,
        known.day if profile is None else hours.load_profile(profile),
    )


def _positive(what: str, given: float | None, default: float) -> float:
    value = default if given is None else given
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"The {what} is {amounts.number(value)}; give a number above 0.")
    return value
