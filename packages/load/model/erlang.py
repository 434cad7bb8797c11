"""What share of attempts a fixed number of slots must refuse: Erlang's loss formula.

Synchronous invocations of a function with reserved concurrency c find a slot free or are refused;
nothing waits. That is the M/G/c/c loss system, whose blocking depends on the service time only
through its mean. Formula: A. K. Erlang, "Solution of some Problems in the Theory of Probabilities
of Significance in Automatic Telephone Exchanges", 1917; insensitivity: B. A. Sevast'yanov, 1957.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_ITERATIONS: Final = 40
_LEAST_CHANCE: Final = 0.01
_NOTHING: Final = 1e-9
_FAR: Final = 700.0
REQUESTS_PER_SLOT: Final = 10.0
"""Synchronous requests a second for each unit of concurrency."""


def erlang_b(offered: float, slots: int) -> float:
    """Return the blocking probability for `offered` erlangs (rate x mean slot time) on `slots`.

    Raises ValueError when either is negative.
    """
    if offered < 0 or slots < 0:
        raise ValueError("offered load and slots must not be negative")
    blocking = 1.0
    for busy in range(1, slots + 1):
        blocking = offered * blocking / (busy + offered * blocking)
    return blocking


def blocking_with_retries(offered: float, slots: int, retried: float) -> float:
    """Return the blocking when the share `retried` (0..1) of arrivals tries until it is served.

    So do asynchronous events: Lambda puts a throttled one back and tries it again later, which adds
    attempts. A try meets a refusal with the same probability each time, so that an event takes
    1 / (1 - B) tries, and B is the fixed point of the load that makes.
    """
    blocking = erlang_b(offered, slots)
    for _ in range(_ITERATIONS if retried else 0):
        tries = 1 / max(1 - blocking, _LEAST_CHANCE)
        blocking = erlang_b(offered * (1 - retried + retried * tries), slots)
    return blocking


def refused_share(rate: float, slot_seconds: float, slots: int, retried: float = 0.0) -> float:
    """Return the share of callers' attempts that `slots` refuse, of `rate` arrivals a second.

    `retried` is the share of arrivals that are tried again until they are served. Refused is for
    want of a slot or, where slots are held for less than a tenth of a second, for too many requests
    a second.
    """
    blocking = blocking_with_retries(rate * slot_seconds, slots, retried)
    return max(blocking, beyond_rate(rate * (1 - retried), slots))


def beyond_rate(callers: float, slots: int) -> float:
    """Return the share of Poisson requests (per second) that is beyond ten a second for each slot.

    Limit: "Invocation requests per function per Region (synchronous)",
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. Over what time AWS
    counts is not documented; here it is a second, a bucket that fills evenly. What overflows of it
    is that of a Brownian motion between two reflecting barriers (J. M. Harrison, "Brownian Motion
    and Stochastic Flow Systems", 1985), whose drift is the surplus of requests.
    """
    if callers <= 0:
        return 0.0
    most = REQUESTS_PER_SLOT * slots
    surplus = 1 - most / callers
    exponent = 2 * most * surplus
    if abs(exponent) < _NOTHING:
        return 1 / (2 * most) if most else 1.0
    return surplus / -math.expm1(-exponent) if exponent > -_FAR else 0.0


def predicted_shares(
    rates: Sequence[float], slot_seconds: float, slots: int, retried: float
) -> list[float]:
    """Return the predicted throttle share of each second from its scheduled rate.

    Each second is taken as stationary: fair while it is long against a slot's time. Only the limit
    of requests has a memory: what calm seconds leave of it, up to a second's worth, is there for
    the first of a peak. The scheduled rate is used and not the counted arrivals, whose scatter is
    already part of the formula.
    """
    found = []
    most = spare = REQUESTS_PER_SLOT * slots
    for rate in rates:
        blocking = blocking_with_retries(rate * slot_seconds, slots, retried)
        callers = rate * (1 - retried)
        entering = callers * (1 - blocking)
        if callers > most and spare > 0:
            beyond = max(0.0, 1 - (most + spare) / callers)
        else:
            beyond = beyond_rate(callers, slots)
        found.append(max(blocking, beyond))
        spare = min(most, max(0.0, spare + most - entering))
    return found


@dataclass(frozen=True, slots=True)
class Tried:
    """A bin's predicted attempts by callers (per second, of every try) and the share refused."""

    callers: float
    share: float


def predicted_tries(
    rates: Sequence[float],
    width: float,
    slot_seconds: float,
    slots: int,
    retried: float,
    waits: Sequence[float],
) -> list[Tried]:
    """Return what becomes of each bin (`width` seconds) when throttled callers come back.

    `waits` are the mean seconds between an attempt and the next one; who is refused that often
    gives up. Refused attempts are offered again after their wait, to whatever load meets them
    there, so that a peak is carried past its end.
    """
    later = [[0.0] * len(rates) for _ in waits]
    found = []
    for at, rate in enumerate(rates):
        # Asynchronous events come back by Lambda's own doing, which blocking_with_retries counts.
        callers = [rate * (1 - retried), *(tries[at] for tries in later)]
        offered = sum(callers) + rate * retried
        share = rate * retried / offered if offered else 0.0
        blocking = refused_share(offered, slot_seconds, slots, share)
        found.append(Tried(sum(callers), blocking))
        for tried, wait in enumerate(waits):
            again = at + max(1, round(wait / width))
            if again < len(rates):
                later[tried][again] += callers[tried] * blocking
    return found


def weighted_share(rates: Sequence[float], shares: Sequence[float]) -> float:
    """Return the arrivals-weighted mean of the bins' shares; 0 when nothing is offered."""
    offered = sum(rates)
    if offered == 0:
        return 0.0
    return sum(rate * share for rate, share in zip(rates, shares, strict=True)) / offered


def share_error(
    attempts: Sequence[int], throttled: Sequence[int], shares: Sequence[float]
) -> float:
    """Return the standard error of the measured overall share, from its scatter around `shares`.

    A bin's surplus over its prediction stands for the whole bin, so refusals that come in bursts
    count as the one event they are.
    """
    total = sum(attempts)
    if total == 0:
        return 0.0
    surplus = [t - a * p for a, t, p in zip(attempts, throttled, shares, strict=True)]
    bias = sum(surplus) / total
    residual = [s - bias * a for s, a in zip(surplus, attempts, strict=True)]
    return float(sum(r * r for r in residual) ** 0.5 / total)
