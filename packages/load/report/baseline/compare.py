"""A run against its baseline: ratios with intervals. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T95: Final = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776}
"""Two-sided 95 % quantiles of Student's t by degrees of freedom: for two to five runs."""

RATIO: Final = 1.25
"""Beyond this ratio, a time that got longer is reported."""

POINTS: Final = 0.05
"""Beyond this difference, a throttle share or its gap that rose is reported."""

METHOD: Final = (
    "95 % t-interval for one further run, from the scatter of the baseline's runs; times are "
    "compared by the ratio to their geometric mean, shares by the difference to their mean"
)

TIMES: Final = ("p50", "p95", "p99", "slotTime")
SHARES: Final = ("throttleShare", "throttleGap")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: this run's value, the baseline's mean, and how they compare.

    `change` is a ratio for times and a difference for shares; `low` and `high` are its 95 %
    interval, None with fewer than two runs. `worse` is true beyond the limit and the interval.
    """

    name: str
    kind: str
    value: float
    mean: float
    change: float
    low: float | None
    high: float | None
    worse: bool


def compare(
    new: Mapping[str, Any], stored: Sequence[Mapping[str, Any]], ratio: float = RATIO
) -> dict[str, Any]:
    """Return how a record compares with the stored ones, as JSON values.

    A figure that either side did not measure is left out.
    """
    rows = [
        row
        for name in (*TIMES, *SHARES)
        if (row := _row(name, new["figures"], [run["figures"] for run in stored], ratio))
    ]
    return {
        "runs": len(stored),
        "since": stored[0]["runId"] if stored else None,
        "otherMachines": sum(run["machine"] != new["machine"] for run in stored),
        "otherArtifacts": sum(run["artifact"] != new["artifact"] for run in stored),
        "ratioLimit": ratio,
        "pointsLimit": POINTS,
        "method": METHOD,
        "rows": [
            {field: getattr(row, field) for field in Row.__dataclass_fields__} for row in rows
        ],
        "worse": [row.name for row in rows if row.worse],
    }


def _row(
    name: str, new: Mapping[str, Any], stored: Sequence[Mapping[str, Any]], ratio: float
) -> Row | None:
    value = new[name]
    known = [float(run[name]) for run in stored if run.get(name) is not None]
    if value is None or not known:
        return None
    return _ratio(name, value, known, ratio) if name in TIMES else _difference(name, value, known)


def _ratio(name: str, value: float, known: Sequence[float], limit: float) -> Row | None:
    if value <= 0 or min(known) <= 0:
        return None
    logs = [math.log(one) for one in known]
    change = math.log(value) - fmean(logs)
    low, high = interval(change, logs)
    worse = change > math.log(limit) and low is not None and low > 0
    return Row(
        name,
        "ratio",
        value,
        math.exp(fmean(logs)),
        math.exp(change),
        None if low is None else math.exp(low),
        None if high is None else math.exp(high),
        worse,
    )


def _difference(name: str, value: float, known: Sequence[float]) -> Row:
    change = value - fmean(known)
    low, high = interval(change, known)
    worse = change > POINTS and low is not None and low > 0
    return Row(name, "difference", value, fmean(known), change, low, high, worse)


def interval(change: float, known: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of one further value's distance to the mean of the known ones.

    The further value scatters as the known ones do, and their mean has an error of its own.
    """
    if len(known) < 2:
        return None, None
    half = T95[min(len(known) - 1, max(T95))] * stdev(known) * math.sqrt(1 + 1 / len(known))
    return change - half, change + half
