"""Seeded Poisson arrivals whose rate changes from stage to stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from load.scenarios import Stage


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
