"""How far a measured share of refusals may lie from Erlang's formula."""

from __future__ import annotations

import heapq
import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def half_width(arrivals: Sequence[int], refused: Sequence[int], level: float) -> float:
    """Half the confidence interval of the refused share, by batch means (a ratio of two sums).

    Both sequences count per batch of time. Refusals come in bursts, so single requests are not
    independent; batches of many service times nearly are. Student's t allows for their number.
    Where nothing was refused, batches tell no spread: then it is the share at which seeing none
    has a probability of 1 - `level` (the rule of three, for 95 %).
    """
    if not any(refused):
        return -math.log(1 - level) / sum(arrivals)
    batches = len(arrivals)
    share = sum(refused) / sum(arrivals)
    rests = [no - share * all_ for no, all_ in zip(refused, arrivals, strict=True)]
    deviation = math.sqrt(sum(rest * rest for rest in rests) / (batches * (batches - 1)))
    return student_quantile(1 - (1 - level) / 2, batches - 1) * deviation * batches / sum(arrivals)


def replay(arrivals: Iterable[float], servers: int, seconds: float) -> list[bool]:
    """Which of these arrivals an ideal loss system refuses if each service takes `seconds`."""
    busy: list[float] = []
    refused = []
    for arrival in arrivals:
        while busy and busy[0] <= arrival:
            heapq.heappop(busy)
        refused.append(len(busy) >= servers)
        if not refused[-1]:
            heapq.heappush(busy, arrival + seconds)
    return refused


def student_quantile(probability: float, freedom: int) -> float:
    """The value that Student's t with `freedom` degrees stays below with `probability` (> 0.5)."""
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        if _student_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_below(value: float, freedom: int) -> float:
    """The distribution function, by Simpson's rule over the angle atan(value / sqrt(freedom))."""
    steps = 400
    top = math.atan(value / math.sqrt(freedom))
    marks = [top * index / steps for index in range(steps + 1)]
    heights = [math.cos(mark) ** (freedom - 1) for mark in marks]
    area = sum(
        (one + 4 * math.cos((mark + after) / 2) ** (freedom - 1) + other) * (after - mark) / 6
        for (mark, after), (one, other) in zip(pairwise(marks), pairwise(heights), strict=True)
    )
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2))
    return 0.5 + scale / math.sqrt(math.pi) * area
