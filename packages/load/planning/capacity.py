"""How much reserved concurrency a peak needs. Pure: the throttle prediction, read backwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from load.model import day_profile as hours
from load.model.erlang import beyond_rate, refused_share, weighted_share

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ERLANGS: Final = 100_000.0
"""Beyond what any account may run at once; a plan for more is a typing mistake."""

KEPT_UNRESERVED: Final = 100
"""What Lambda keeps for functions without a reservation
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)."""

HOURS_OF_DAY: Final = hours.shares_of_peak(0, 23)


@dataclass(frozen=True, slots=True)
class Load:
    """Events as they come: rate per second in the busiest hour, seconds that one holds a slot.

    `retried` is the share (0..1) of events that are sent again until they are served; each refusal
    of one of these adds an attempt.
    """

    peak_rate: float
    slot_seconds: float
    retried: float = 0.0

    def share(self, slots: int, of_peak: float = 1.0) -> float:
        """Return the throttle share on `slots` at a rate that is `of_peak` of the peak's."""
        return refused_share(self.peak_rate * of_peak, self.slot_seconds, slots, self.retried)

    def rate_binds(self, slots: int, target: float) -> bool:
        """Return whether the limit of requests a second asks for as many slots by itself.

        Then shorter executions would not save one.
        """
        return slots > 1 and beyond_rate(self.peak_rate * (1 - self.retried), slots - 1) > target

    def day_share(self, slots: int) -> float:
        """Return the throttle share over a whole day of the cited profile, weighted by arrivals."""
        shares = [self.share(slots, of_peak) for of_peak in HOURS_OF_DAY]
        return weighted_share(HOURS_OF_DAY, shares)

    def needed(self, target: float) -> int:
        """Return the least concurrency whose throttle share at the peak is at most `target`.

        Raises ValueError unless 0 < target < 1.
        """
        if not 0 < target < 1:
            raise ValueError("the target must lie between 0 and 1")
        # More slots never refuse more, so double until enough, then halve the distance.
        low, high = 0, 1
        while self.share(high) > target:
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.share(middle) <= target else (middle, high)
        return high


def rate_within(slots: int, slot_seconds: float, target: float) -> float:
    """Return the highest rate (per second) that `slots` serve with at most `target` refused.

    By halving: the share refused rises with the rate.
    """
    low, high = 0.0, 1 / slot_seconds
    while refused_share(high, slot_seconds, slots) <= target:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        within = refused_share(middle, slot_seconds, slots) <= target
        low, high = (middle, high) if within else (low, middle)
    return low


def by_division(load: Load) -> int:
    """Return what the rule of thumb gives, rate times duration: it assumes even arrivals."""
    return max(1, math.ceil(load.peak_rate * load.slot_seconds - 1e-9))


@dataclass(frozen=True, slots=True)
class Point:
    """Throttle shares (0..1) with one reserved concurrency: in the peak hour and over a day."""

    slots: int
    peak: float
    day: float


def curve(load: Load, counts: Iterable[int]) -> list[Point]:
    """Return the throttle curve at these concurrencies."""
    return [Point(slots, load.share(slots), load.day_share(slots)) for slots in counts]


def counts(needed: int, also: Iterable[int], most: int = 24) -> list[int]:
    """Return which concurrencies to show: evenly from 1 past what is needed, `also` among them."""
    last = max(needed + max(2, needed // 4), 4)
    step = math.ceil(last / most)
    return sorted({1, *range(step, last + 1, step), needed, *(c for c in also if 0 < c <= last)})


@dataclass(frozen=True, slots=True)
class Account:
    """An account's limits in executions at once; `reserved` is what the function has already."""

    limit: int
    unreserved: int
    reserved: int = 0

    @property
    def reservable(self) -> int:
        """What the function could be given at most."""
        return max(0, self.unreserved + self.reserved - KEPT_UNRESERVED)

    def left(self, slots: int) -> int:
        """Return the unreserved concurrency that remains for all other functions."""
        return self.unreserved + self.reserved - slots
