"""How served latencies spread, counted from the run log in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from load.report import figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from load.run_log.log import Attempt

PER_DECADE: Final = 20
_LEAST_MS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Spread:
    """Served latencies as (middle of a bin in ms, share of all in it), and the error share.

    The bins are equally wide on a logarithmic axis, 20 to a power of ten.
    """

    bins: tuple[tuple[float, float], ...]
    served: int
    attempts: int
    erroneous: int

    @property
    def error_share(self) -> float | None:
        """The share of attempts that went wrong, throttles not among them."""
        return self.erroneous / self.attempts if self.attempts else None


def spread(attempts: Iterable[Attempt]) -> Spread:
    """Count a run's attempts; empty bins between filled ones are zero."""
    counted: Counter[int] = Counter()
    total = wrong = 0
    for attempt in attempts:
        total += 1
        wrong += figures.erroneous(attempt)
        if attempt.invocation == "sync" and figures.served(attempt):
            latency = max(_LEAST_MS, figures.latency_ms(attempt))
            counted[math.floor(math.log10(latency) * PER_DECADE)] += 1
    served = counted.total()
    first, last = min(counted, default=0), max(counted, default=-1)
    bins = tuple(
        (10 ** ((number + 0.5) / PER_DECADE), counted[number] / served)
        for number in range(first, last + 1)
    )
    return Spread(bins, served, total, wrong)
