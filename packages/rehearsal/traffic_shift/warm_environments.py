"""What warm environments would have refused of a load: its own arrivals, replayed. Pure.

Synchronous invocations find one of the function's slots free or are refused; nothing waits.
Erlang's formula says what that refuses of an average load of a rate. Here the arrivals are known
one by one, so they are sent through as many slots again, each kept busy for as long as a warm
invocation took around that moment: the bursts that happened to come are then in the expectation, as
is a machine that is slow for a while, and only the single service times are chance.
"""

from __future__ import annotations

import heapq
import random
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.traffic_shift.attempts import Attempt

NEIGHBOURS = 20
"""Served attempts around one whose times it may have: about as many as a busy half second has."""

REPLAYS = 20
"""With service times drawn anew; more do not change the mean any longer."""

COLD = 2.0
"""An answer that took so many times the median waited for a cold start: it says nothing of a warm
slot."""


@dataclass(frozen=True, slots=True)
class WarmTimes:
    """What warm invocations took (seconds), with the moments they were sent at, in order."""

    moments: Sequence[float]
    seconds: Sequence[float]

    def draw(self, at: float, rng: random.Random) -> float:
        """A time from around that moment."""
        middle = bisect(self.moments, at)
        first = max(0, min(middle - NEIGHBOURS // 2, len(self.moments) - NEIGHBOURS))
        last = min(first + NEIGHBOURS, len(self.moments))
        return self.seconds[first + int(rng.random() * (last - first))]


def expected_refusals(attempts: Sequence[Attempt], slots: int, seed: int = 1) -> list[float]:
    """Return each attempt's chance (in order of time) of being refused by warm environments."""
    times = warm_times(attempts)
    refused = [0] * len(attempts)
    for replay in range(REPLAYS):
        rng = random.Random(f"{seed}/{replay}")  # noqa: S311 - replayable, nothing secret
        for index in _replay(attempts, slots, times, rng):
            refused[index] += 1
    return [count / REPLAYS for count in refused]


def warm_times(attempts: Sequence[Attempt]) -> dict[str, WarmTimes]:
    """Return what warm invocations took, by the kind of what was sent."""
    served: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.direct and not attempt.refused:
            served[attempt.kind].append(attempt)
    found = {}
    for kind, of_kind in served.items():
        limit = COLD * median(attempt.seconds for attempt in of_kind)
        warm = [attempt for attempt in of_kind if attempt.seconds <= limit]
        found[kind] = WarmTimes([each.at for each in warm], [each.seconds for each in warm])
    return found


def _replay(
    attempts: Sequence[Attempt], slots: int, times: Mapping[str, WarmTimes], rng: random.Random
) -> list[int]:
    """Indices of the attempts that found every slot busy."""
    busy: list[float] = []
    refused = []
    for index, attempt in enumerate(attempts):
        while busy and busy[0] <= attempt.at:
            heapq.heappop(busy)
        if len(busy) >= slots:
            refused.append(index)
        elif known := times.get(attempt.kind):
            heapq.heappush(busy, attempt.at + known.draw(attempt.at, rng))
    return refused
