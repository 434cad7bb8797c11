"""What Lambda charges: a table of list prices, and what a month of orders costs by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from loadtest.planning.capacity import HOURS_OF_DAY

MONTH_DAYS: Final = 730 / 24
"""Days of AWS's month of 730 hours."""


@dataclass(frozen=True, slots=True)
class Prices:
    """On-demand list prices in US dollars, without tax, free tier and savings plans."""

    region: str
    architecture: str
    per_gb_second: float
    per_request: float
    source: str
    checked: str


US_EAST_1: Final = Prices(
    region="us-east-1",
    architecture="x86_64",
    per_gb_second=0.0000166667,
    per_request=0.20 / 1_000_000,
    source="https://aws.amazon.com/lambda/pricing/",
    checked="2026-11-23",
)
"""First tier (up to 6 billion GB-seconds a month; what is beyond costs less).

What is billed, same source: a request counts when it starts to execute, so a refused attempt is
free of charge; duration is rounded up to whole milliseconds and includes initialisation. Reserved
concurrency is free of charge:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars for a number of executions."""

    executions: float
    requests: float
    duration: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.requests + self.duration


def cost(executions: float, slot_seconds: float, memory_mb: int, prices: Prices) -> Cost:
    """Return what executions of this length and memory (MB) cost."""
    billed = math.ceil(slot_seconds * 1000 - 1e-9) / 1000
    gb_seconds = executions * billed * memory_mb / 1024
    return Cost(executions, executions * prices.per_request, gb_seconds * prices.per_gb_second)


def orders_per_month(peak_rate: float) -> float:
    """Return a month's orders when every day follows the cited profile up to this peak rate."""
    return peak_rate * 3600 * sum(HOURS_OF_DAY) * MONTH_DAYS
