"""Figures of a run from its ledger: latencies, send lag, throttle share, series."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadtest import erlang
from loadtest.arrivals import rate_per_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.ledger import Attempt, Run
    from loadtest.telemetry import SlotTime

Z95 = 1.96


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile of ascending values, or None when there are none."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a run: synchronous attempts by their intended time, and what came of them."""

    offered: int
    attempts: int
    throttled: int
    latencies: tuple[float, ...]


def served(attempt: Attempt) -> bool:
    """Return whether a synchronous attempt got the function's own answer."""
    return attempt.outcome in ("confirmed", "rejected")


def erroneous(attempt: Attempt) -> bool:
    """Return whether an attempt went wrong: no answer of the function, or the wrong one."""
    wrong = "confirmed" if attempt.kind == "invalid" else "rejected"
    return attempt.outcome in ("functionError", "transportError", wrong)


def latency_ms(attempt: Attempt) -> float:
    """Return milliseconds from when the attempt was due: waiting to be sent counts."""
    return (attempt.done_at - attempt.intended_at) * 1000


def seconds(run: Run, attempts: Sequence[Attempt]) -> list[Second]:
    """Sort attempts into the run's seconds."""
    bins: list[list[Attempt]] = [[] for _ in rate_per_bin(run.stages)]
    for attempt in attempts:
        at = int(attempt.intended_at - run.started_at)
        bins[min(max(at, 0), len(bins) - 1)].append(attempt)
    return [_second(inside) for inside in bins]


def _second(inside: Sequence[Attempt]) -> Second:
    direct = [attempt for attempt in inside if attempt.invocation == "sync"]
    return Second(
        offered=len(inside),
        attempts=len(direct),
        throttled=sum(attempt.outcome == "throttled" for attempt in direct),
        latencies=tuple(sorted(latency_ms(attempt) for attempt in direct if served(attempt))),
    )


def throttle(
    run: Run, attempts: Sequence[Attempt], bins: Sequence[Second], slot: SlotTime | None
) -> dict[str, Any]:
    """Return measured and predicted throttle share, each with its 95 % interval.

    The measured share's interval comes from its scatter over the seconds, the prediction's from the
    standard error of the slot time. All arrivals offer load; only synchronous attempts are refused
    to the caller, and they alone are counted.
    """
    direct = sum(second.attempts for second in bins)
    refused = sum(second.throttled for second in bins)
    share = refused / direct if direct else 0.0
    reasons = Counter(a.reason or "unknown" for a in attempts if a.outcome == "throttled")
    retried = _retried(attempts)
    expected = predictions(run, attempts, slot) or [share] * len(bins)
    error = erlang.share_error(
        [second.attempts for second in bins], [second.throttled for second in bins], expected
    )
    found: dict[str, Any] = {
        "attempts": direct,
        "throttled": refused,
        "share": share,
        "shareInterval": [max(0.0, share - Z95 * error), min(1.0, share + Z95 * error)],
        "predictedShare": None,
        "predictedInterval": None,
        "gap": None,
        "byReason": dict(reasons),
    }
    if slot is not None:
        low, middle, high = (
            _overall(run, slot.mean + step * Z95 * slot.error, retried) for step in (-1, 0, 1)
        )
        found |= {"predictedShare": middle, "predictedInterval": [low, high], "gap": share - middle}
    return found


def _overall(run: Run, slot_seconds: float, retried: float) -> float:
    rates = rate_per_bin(run.stages)
    shares = erlang.predicted_shares(rates, max(0.0, slot_seconds), run.slots, retried)
    return erlang.weighted_share(rates, shares)


def predictions(run: Run, attempts: Sequence[Attempt], slot: SlotTime | None) -> list[float] | None:
    """Return the predicted throttle share of each second, or None without a slot time."""
    if slot is None:
        return None
    rates = rate_per_bin(run.stages)
    return erlang.predicted_shares(rates, slot.mean, run.slots, _retried(attempts))


def _retried(attempts: Sequence[Attempt]) -> float:
    """Return the share of asynchronous orders: Lambda tries those again when it throttles them."""
    return sum(a.invocation == "async" for a in attempts) / len(attempts) if attempts else 0.0


def latency(attempts: Sequence[Attempt]) -> dict[str, float | None]:
    """Return percentiles (ms, from the intended time) of served synchronous attempts."""
    times = sorted(latency_ms(attempt) for attempt in attempts if _direct(attempt))
    return {
        name: percentile(times, at) for name, at in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }


def _direct(attempt: Attempt) -> bool:
    return attempt.invocation == "sync" and served(attempt)


def send_lag_p99_ms(attempts: Sequence[Attempt]) -> float | None:
    """Return the 99th percentile of milliseconds between when an attempt was due and was sent."""
    return percentile(sorted((a.sent_at - a.intended_at) * 1000 for a in attempts), 0.99)


def series(bins: Sequence[Second], expected: Sequence[float] | None) -> list[dict[str, Any]]:
    """Return one point per second for the plots; times in milliseconds, rates per second."""
    return [
        {
            "second": number,
            "offered": second.offered,
            "attempts": second.attempts,
            "served": len(second.latencies),
            "throttled": second.throttled,
            "predictedShare": expected[number] if expected else None,
            "p50": percentile(second.latencies, 0.5),
            "p99": percentile(second.latencies, 0.99),
        }
        for number, second in enumerate(bins)
    ]
