"""Figures of a run from its run log: latencies, send lag, throttle share, series.

The run log is gone through once; what is kept of an attempt is a few numbers.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from load.model import erlang
from load.model.arrivals import rate_per_bin
from load.model.quantiles import Z95, Quantiles, percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from load.run_log.log import Attempt, Run


def percentiles(values: Quantiles) -> dict[str, float | None]:
    """Return the percentiles that reports show."""
    return dict(zip(("p50", "p95", "p99"), values.at(0.5, 0.95, 0.99), strict=True))


def served(attempt: Attempt) -> bool:
    """Return whether a synchronous attempt got the function's own answer."""
    return attempt.outcome in ("confirmed", "rejected")


def erroneous(attempt: Attempt) -> bool:
    """Return whether an attempt went wrong: no answer of the function, or the wrong one."""
    wrong = "confirmed" if attempt.kind == "invalid" else "rejected"
    return attempt.outcome in ("functionError", "transportError", "unanswered", wrong)


def latency_ms(attempt: Attempt) -> float:
    """Return milliseconds from when the event was due: waiting to be sent counts."""
    return (attempt.done_at - attempt.intended_at) * 1000


@dataclass(slots=True)
class Second:
    """One second of a run by when attempts were due: of the synchronous ones what came of them."""

    offered: int = 0
    attempts: int = 0
    throttled: int = 0
    latencies: array[float] = field(default_factory=lambda: array("f"))


@dataclass(slots=True)
class Tally:
    """What a run's attempts add up to."""

    seconds: list[Second]
    attempts: int = 0
    asynchronous: int = 0
    first_direct: int = 0
    first_throttled: int = 0
    served: int = 0
    erroneous: int = 0
    last_done_at: float | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    tries: Counter[int] = field(default_factory=Counter)
    lags: Quantiles = field(default_factory=Quantiles)
    latencies: Quantiles = field(default_factory=Quantiles)
    """Served synchronous latencies in milliseconds."""
    confirmations: Quantiles = field(default_factory=Quantiles)
    """Milliseconds from when a synchronous event was due to its confirmation, by whatever try."""

    @property
    def direct(self) -> int:
        """Synchronous attempts."""
        return sum(second.attempts for second in self.seconds)

    @property
    def throttled(self) -> int:
        """Synchronous attempts that were refused."""
        return sum(second.throttled for second in self.seconds)

    @property
    def asynchronous_share(self) -> float:
        """Asynchronous events as a share of all: those Lambda itself tries again."""
        first = self.asynchronous + self.first_direct
        return self.asynchronous / first if first else 0.0

    def add(self, run: Run, attempt: Attempt) -> None:
        """Count one attempt."""
        direct, throttled = attempt.invocation == "sync", attempt.outcome == "throttled"
        self.attempts += 1
        self.outcomes[attempt.outcome] += 1
        self.served += served(attempt)
        self.last_done_at = max(self.last_done_at or 0.0, attempt.done_at)
        self.lags.add(attempt.lag * 1000)
        self.tries[attempt.tried] += 1
        if attempt.tried == 1:
            self.asynchronous += not direct
            self.first_direct += direct
            self.first_throttled += direct and throttled
        if throttled:
            self.reasons[attempt.reason or "unknown"] += 1
        if erroneous(attempt):
            self.erroneous += 1
            self.errors[f"{attempt.outcome}: {attempt.reason}"] += 1
        at = int((attempt.due_at or attempt.intended_at) - run.started_at)
        second = self.seconds[min(max(at, 0), len(self.seconds) - 1)]
        second.offered += 1
        if direct:
            second.attempts += 1
            second.throttled += throttled
            if served(attempt):
                second.latencies.append(latency_ms(attempt))
                self.latencies.add(latency_ms(attempt))
            if attempt.outcome == "confirmed" and attempt.kind == "new":
                self.confirmations.add(latency_ms(attempt))


def tally(run: Run, attempts: Iterable[Attempt]) -> Tally:
    """Add up a run's attempts; those past the run's end are in its last second."""
    found = Tally([Second() for _ in rate_per_bin(run.stages)])
    for attempt in attempts:
        found.add(run, attempt)
    return found


def outcomes(counted: Tally) -> dict[str, int]:
    """Return how the attempts ended, every kind of end named."""
    names = (
        "confirmed", "rejected", "accepted", "throttled", "functionError", "transportError",
        "unanswered",
    )  # fmt: skip
    return {name: counted.outcomes[name] for name in names}


def send_lag(counted: Tally, backlog: int | None) -> dict[str, float | None]:
    """Return how late attempts were sent, in milliseconds, and the most that waited at a time."""
    found = zip(("p50", "p99", "max"), counted.lags.at(0.5, 0.99, 1.0), strict=True)
    return {**dict(found), "backlog": backlog}


def series(counted: Tally, expected: Sequence[float] | None) -> list[dict[str, Any]]:
    """Return one point per second for the plots; times in milliseconds, rates per second."""
    found = []
    for number, second in enumerate(counted.seconds):
        ordered = sorted(second.latencies)
        found.append(
            {
                "second": number,
                "offered": second.offered,
                "attempts": second.attempts,
                "served": len(ordered),
                "throttled": second.throttled,
                "predictedShare": expected[number] if expected else None,
                "p50": percentile(ordered, 0.5),
                "p99": percentile(ordered, 0.99),
            }
        )
    return found


def share_interval(attempts: int, throttled: int) -> list[float] | None:
    """Return the 95 % interval of a share of independent attempts (Wilson, 1927)."""
    if not attempts:
        return None
    share, z = throttled / attempts, Z95**2 / attempts
    middle = (share + z / 2) / (1 + z)
    half = Z95 / (1 + z) * math.sqrt(share * (1 - share) / attempts + z / attempts / 4)
    return [max(0.0, middle - half), min(1.0, middle + half)]


def scatter_error(counted: Tally, expected: Sequence[float]) -> float:
    """Return the standard error of the measured throttle share from its scatter over seconds."""
    return erlang.share_error(
        [second.attempts for second in counted.seconds],
        [second.throttled for second in counted.seconds],
        expected,
    )
