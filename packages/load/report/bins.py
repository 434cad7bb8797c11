"""A summary's series as the plots show it: in bins few enough to read. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from load.model.erlang import weighted_share
from load.model.quantiles import Z95

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_BINS: Final = 180


@dataclass(frozen=True, slots=True)
class Bin:
    """Some seconds of a run: `at` is their middle, rates per second, shares 0..1, times in ms.

    `offered` counts every event and `attempts` the synchronous ones, which alone can be refused to
    the caller. `predicted` is None without a slot time, latencies are None where none was served.
    """

    at: float
    offered: float
    attempts: float
    served: float
    throttled: float
    predicted: float | None
    low: float | None
    high: float | None
    p50: float | None
    p99: float | None

    @property
    def share(self) -> float | None:
        """The throttled share of the attempts."""
        return self.throttled / self.attempts if self.attempts else None


def width(series: Sequence[Mapping[str, Any]], most: int = MOST_BINS) -> int:
    """Return how many seconds go into one bin."""
    return max(1, math.ceil(len(series) / most))


def bins(summary: Mapping[str, Any], most: int = MOST_BINS) -> list[Bin]:
    """Return the run in at most `most` bins; p99 is the highest of a bin's seconds."""
    series = summary["series"]
    wide = width(series, most)
    error = _relative_error(summary["throttle"])
    return [
        _bin(series[start : start + wide], start, error) for start in range(0, len(series), wide)
    ]


def _bin(seconds: Sequence[Mapping[str, Any]], start: int, error: float) -> Bin:
    attempts = sum(second["attempts"] for second in seconds)
    predicted = _predicted(seconds)
    half = None if predicted is None else band(predicted, attempts, error)
    p50 = [second["p50"] for second in seconds if second["p50"] is not None]
    p99 = [second["p99"] for second in seconds if second["p99"] is not None]
    return Bin(
        at=start + len(seconds) / 2,
        offered=sum(second["offered"] for second in seconds) / len(seconds),
        attempts=attempts / len(seconds),
        served=sum(second["served"] for second in seconds) / len(seconds),
        throttled=sum(second["throttled"] for second in seconds) / len(seconds),
        predicted=predicted,
        low=None if predicted is None or half is None else max(0.0, predicted - half),
        high=None if predicted is None or half is None else min(1.0, predicted + half),
        p50=median(p50) if p50 else None,
        p99=max(p99, default=None),
    )


def _predicted(seconds: Sequence[Mapping[str, Any]]) -> float | None:
    known = [s for s in seconds if s["predictedShare"] is not None]
    if not known:
        return None
    weights = [max(1, s["attempts"]) for s in known]
    return weighted_share(weights, [s["predictedShare"] for s in known])


def band(predicted: float, attempts: float, relative_error: float) -> float:
    """Return half the width of a bin's 95 % band.

    The prediction's own error, and the scatter of so many attempts: refusals come a little more
    in bursts than this takes them to, so a few more dots than one in twenty may lie outside.
    """
    scatter = predicted * (1 - predicted) / max(1.0, attempts)
    return math.sqrt((predicted * relative_error) ** 2 + Z95**2 * scatter)


def _relative_error(throttle: Mapping[str, Any]) -> float:
    share, bounds = throttle["predictedShare"], throttle["predictedInterval"]
    return (bounds[1] - bounds[0]) / 2 / share if share and bounds else 0.0
