"""What AWS charges: a table of list prices, and what a month of events costs by it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from load.planning.capacity import HOURS_OF_DAY

MONTH_DAYS: Final = 730 / 24
"""Days of AWS's month of 730 hours."""


@dataclass(frozen=True, slots=True)
class Prices:
    """On-demand list prices in US dollars, without tax, free tier and savings plans."""

    region: str
    architecture: str
    per_gb_second: float
    per_request: float
    per_snapshot_gb_second: float
    """A published version's snapshot, for as long as the version is kept (SnapStart, Python)."""
    per_restored_gb: float
    """An environment that starts from a snapshot."""
    per_warm_write: float
    """Once, for each write a second that a table is warmed by."""
    per_logged_gb: float
    """What CloudWatch Logs takes in."""
    source: str
    checked: str


US_EAST_1: Final = Prices(
    region="us-east-1",
    architecture="x86_64",
    per_gb_second=0.0000166667,
    per_request=0.20 / 1_000_000,
    per_snapshot_gb_second=0.0000015046,
    per_restored_gb=0.0001397998,
    per_warm_write=0.00065,
    per_logged_gb=0.50,
    source="https://aws.amazon.com/lambda/pricing/",
    checked="2026-11-27",
)
"""First tier (up to 6 billion GB-seconds a month; what is beyond costs less).

What is billed, same source: a request counts when it starts to execute, so a refused attempt is
free of charge; duration is rounded up to whole milliseconds and includes initialisation. Reserved
concurrency is free of charge:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html

Warming a table is charged once, by the price of provisioned write units
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html,
https://aws.amazon.com/dynamodb/pricing/provisioned/); log lines by what is taken in
(https://aws.amazon.com/cloudwatch/pricing/).
"""
ARCHITECTURES: Final = {
    "x86_64": US_EAST_1,
    "arm64": replace(US_EAST_1, architecture="arm64", per_gb_second=0.0000133334),
}
COLD_WRITES: Final = 4_000
"""Writes a second that every new on-demand table takes."""
ENVIRONMENT_HOURS: Final = 2
"""How long an environment is taken to live before Lambda replaces it: an assumption, AWS says
nothing."""
LOGGED_BYTES: Final = {"Text": 1_410, "JSON": 1_530}
"""Bytes of log lines that one event leaves, Lambda's own and the 26 that AWS counts for each line
included: measured on the emulated AWS (infra/tests/integration/test_newer_settings.py)."""


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


def events_per_month(peak_rate: float) -> float:
    """Return a month's events when every day follows the cited profile up to this peak rate."""
    return peak_rate * 3600 * sum(HOURS_OF_DAY) * MONTH_DAYS


@dataclass(frozen=True, slots=True)
class Extras:
    """What a stack may ask for beside the code that runs.

    `versions` are kept with a snapshot each, none where 0; `writes` a second are kept warm.
    """

    versions: int = 0
    writes: int = COLD_WRITES
    log_format: str = "Text"


def snapshots(extras: Extras, environments: int, memory_mb: int, prices: Prices) -> float:
    """Return a month's dollars for snapshots that are kept and environments that start from one."""
    if not extras.versions:
        return 0.0
    seconds = MONTH_DAYS * 24 * 3600
    restores = environments * MONTH_DAYS * 24 / ENVIRONMENT_HOURS
    kept = extras.versions * seconds * prices.per_snapshot_gb_second
    return memory_mb / 1024 * (kept + restores * prices.per_restored_gb)


def warming(extras: Extras, prices: Prices) -> float:
    """Return the dollars, once, for a table that is warmer than AWS makes it."""
    return max(0, extras.writes - COLD_WRITES) * prices.per_warm_write


def logging(extras: Extras, executions: float, prices: Prices) -> float:
    """Return a month's dollars for the log lines of that many executions."""
    return executions * LOGGED_BYTES[extras.log_format] / 1e9 * prices.per_logged_gb
