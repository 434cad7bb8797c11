"""How a day's orders spread over its hours, from a published data set.

Source: "The Instacart Online Grocery Shopping Dataset 2017",
https://www.instacart.com/datasets/grocery-shopping-2017 (announced in "3 Million Instacart Orders,
Open Sourced", https://tech.instacart.com/3-million-instacart-orders-open-sourced-d40d29ead6f2).
Figures: number of rows of its `orders.csv` per value of `order_hour_of_day` (0 = midnight to 1 am).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ORDERS_BY_HOUR: Final[tuple[int, ...]] = (
    22_758, 12_398, 7_539, 5_474, 5_527, 9_569, 30_529, 91_868,
    178_201, 257_812, 288_418, 284_728, 272_841, 277_999, 283_042, 283_639,
    272_553, 228_795, 182_912, 140_569, 104_292, 78_109, 61_468, 40_043,
)  # fmt: skip
"""Orders per hour of day, 24 values, 3,421,083 in all."""

Profile = tuple[float, ...]
"""A day's rates, one for each of equally long stretches, as shares of the busiest one."""


def profile(weights: Sequence[float]) -> Profile:
    """Return weights as shares of the highest."""
    highest = max(weights)
    return tuple(weight / highest for weight in weights)


INSTACART: Final = profile(ORDERS_BY_HOUR)
"""The cited day."""


def shares_of_peak(first: int, last: int) -> Profile:
    """Return the cited hours `first` to `last` (included) as shares of the busiest."""
    return INSTACART[first : last + 1]


def mean(day: Profile) -> float:
    """Return the average stretch as a share of the busiest one (0.494 of the cited day)."""
    return sum(day) / len(day)


def awake(day: Profile) -> Profile:
    """Return the part of a day that is not night: of 24 hours, 6 to 22 (included)."""
    first, last = len(day) * 6 // 24, max(len(day) * 6 // 24 + 1, len(day) * 23 // 24)
    return day[first:last]


def load(path: Path) -> Profile:
    """Read a day of one's own: JSON, a list of weights. Raises UsageError with one sentence."""
    try:
        weights = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The profile {path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"The profile {path} is no JSON; give a list of weights.") from error
    if not isinstance(weights, list) or not weights:
        raise UsageError(f"The profile {path} is empty; give a list of weights.")
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise UsageError(f"The profile {path} has {weight!r} among its weights; give numbers.")
        if not (math.isfinite(weight) and weight >= 0):
            raise UsageError(f"The profile {path} has the weight {weight}; give 0 or more.")
    if not max(weights) > 0 or not max(awake(tuple(weights))) > 0:
        raise UsageError(f"The profile {path} sends nothing; give a weight above 0 by day.")
    return profile(weights)
