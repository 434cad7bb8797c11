"""What a scenario is: how the offered rate moves over a run, and what is sent. Pure values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.errors import UsageError
from reporting import amounts

from load.model import day_profile
from load.model.arrivals import Stage
from load.model.day_profile import Profile
from load.model.retries import ONCE, Retries

if TYPE_CHECKING:
    from pathlib import Path

_DAY_SECONDS: Final = 600.0
"""How long the compressed day of a soak lasts."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares (0..1) of all events that are not a first, valid, synchronous event."""

    asynchronous: float = 0.0
    invalid: float = 0.0
    repeated: float = 0.0


Shape = Callable[[float, float, Profile], tuple[Stage, ...]]
"""From peak rate (events/s), duration (s) and a day to stages whose seconds add up to the duration.
"""


def smoke(peak_rate: float, duration: float, _: Profile) -> tuple[Stage, ...]:
    """One low, constant rate: does anything answer at all."""
    return (Stage(duration, peak_rate),)


def average(peak_rate: float, duration: float, day: Profile) -> tuple[Stage, ...]:
    """The average hour of a day whose busiest hour has the peak rate."""
    return (Stage(duration, peak_rate * day_profile.mean(day)),)


def peak_hour(peak_rate: float, duration: float, day: Profile) -> tuple[Stage, ...]:
    """The day from 6 to 22 h, compressed; its busiest hour has the peak rate."""
    shares = day_profile.awake(day)
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
    """A named shape with the peak rate (events/s) and duration (s) it has unless told otherwise."""

    name: str
    shape: Shape
    peak_rate: float
    duration: float
    mix: Mix
    retries: Retries = ONCE
    day: Profile = day_profile.INSTACART

    def longest(self) -> float:
        """Return the seconds from the start after which no event is sent any more."""
        return self.duration + (self.retries.tries - 1) * self.retries.cap

    def stages(self) -> tuple[Stage, ...]:
        """Return the offered rate over time."""
        return self.shape(self.peak_rate, self.duration, self.day)

    def events(self) -> float:
        """Return how many events are to be expected."""
        return sum(stage.seconds * stage.rate for stage in self.stages())


@dataclass(frozen=True, slots=True)
class LoadTests:
    """What a team owns of its load tests: the scenarios, and the folder of their settings.

    In `folder` are `locustfile.py`, `locust.conf` and `thresholds.toml`.
    """

    folder: Path
    scenarios: tuple[Scenario, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The scenarios' names."""
        return tuple(each.name for each in self.scenarios)

    @property
    def command(self) -> str:
        """The package that is run as their command."""
        return self.folder.name

    @property
    def thresholds(self) -> Path:
        """The file with what a run must hold to pass."""
        return self.folder / "thresholds.toml"

    def scenario(
        self,
        name: str,
        peak_rate: float | None = None,
        duration: float | None = None,
        day: Path | None = None,
    ) -> Scenario:
        """Return a scenario, with its own or the given peak rate (events/s) and duration (s).

        `day` is a file with the weights of another day than the scenario's own.

        Raises UsageError for an unknown name, a rate or duration that is not above 0 and finite,
        and a day that cannot be sent.
        """
        known = next((each for each in self.scenarios if each.name == name), None)
        if known is None:
            choice = ", ".join(self.names)
            raise UsageError(f"There is no scenario '{name}'; choose one of {choice}.")
        return replace(
            known,
            peak_rate=_positive("peak rate", peak_rate, known.peak_rate),
            duration=_positive("duration", duration, known.duration),
            day=known.day if day is None else day_profile.load(day),
        )


def _positive(what: str, given: float | None, default: float) -> float:
    value = default if given is None else given
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"The {what} is {amounts.number(value)}; give a number above 0.")
    return value
