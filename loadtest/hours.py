"""How a day's orders spread over its hours, from a published data set.

Source: "The Instacart Online Grocery Shopping Dataset 2017",
https://www.instacart.com/datasets/grocery-shopping-2017 (announced in "3 Million Instacart Orders,
Open Sourced", https://tech.instacart.com/3-million-instacart-orders-open-sourced-d40d29ead6f2).
Figures: number of rows of its `orders.csv` per value of `order_hour_of_day` (0 = midnight to 1 am).
"""

from __future__ import annotations

from typing import Final

ORDERS_BY_HOUR: Final[tuple[int, ...]] = (
    22_758, 12_398, 7_539, 5_474, 5_527, 9_569, 30_529, 91_868,
    178_201, 257_812, 288_418, 284_728, 272_841, 277_999, 283_042, 283_639,
    272_553, 228_795, 182_912, 140_569, 104_292, 78_109, 61_468, 40_043,
)  # fmt: skip
"""Orders per hour of day, 24 values, 3,421,083 in all."""

PEAK: Final = max(ORDERS_BY_HOUR)
MEAN_OF_PEAK: Final = sum(ORDERS_BY_HOUR) / len(ORDERS_BY_HOUR) / PEAK
"""The average hour as a share of the busiest one (0.494)."""


def shares_of_peak(first: int, last: int) -> tuple[float, ...]:
    """Return the orders of the hours `first` to `last` (included) as shares of the peak hour."""
    return tuple(count / PEAK for count in ORDERS_BY_HOUR[first : last + 1])
