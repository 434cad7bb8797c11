"""Seeded Poisson arrivals whose rate changes from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence


BUSY: Final = 0.9
"""The peak is wherever the rate is at least this share of its highest."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of constant rate: `seconds` long, `rate` in events per second."""

    seconds: float
    rate: float


def poisson(stages: Sequence[Stage], rng: random.Random) -> Iterator[float]:
    """Yield arrival times in seconds from the start, ascending, until the last stage ends.

    Exponential gaps within a stage; a gap that crosses its end is drawn anew in the next one, which
    is exact because the exponential distribution has no memory.
    """
    begin = 0.0
    for stage in stages:
        end = begin + stage.seconds
        at = begin
        while stage.rate > 0:
            at += rng.expovariate(stage.rate)
            if at >= end:
                break
            yield at
        begin = end


def peak_end(stages: Sequence[Stage]) -> float | None:
    """Return when the busiest stages end, in seconds from the start; None when the run ends too.

    The busiest are those with at least 90 % of the highest rate: a day's peak lasts some hours.
    """
    highest = max((stage.rate for stage in stages), default=0.0)
    end, found = 0.0, None
    for stage in stages:
        end += stage.seconds
        if stage.rate >= highest * BUSY:
            found = end
    return found if found is not None and found < end - 1e-9 else None


def rate_per_bin(stages: Sequence[Stage], width: float = 1.0) -> list[float]:
    """Return the scheduled rate (events/s) averaged over each `width` seconds."""
    edges: list[tuple[float, float, float]] = []
    begin = 0.0
    for stage in stages:
        edges.append((begin, begin + stage.seconds, stage.rate))
        begin += stage.seconds
    bins = []
    at = 0.0
    while at < begin - 1e-9:
        end = min(at + width, begin)
        inside = sum(
            rate * max(0.0, min(end, stop) - max(at, start)) for start, stop, rate in edges
        )
        bins.append(inside / (end - at))
        at += width
    return bins
