"""Sequential tests: evidence that may be looked at after every poll, however many there are.

Each function returns an *e-value*: a number whose expectation is at most 1 while its null
hypothesis holds, whenever one stops looking. So the chance that it ever reaches 1 / a is at most a
(Ville's inequality), and no sample size has to be fixed beforehand. Each is a mixture of likelihood
ratios over a few alternatives (mixture sequential probability ratio test; Robbins, "Statistical
methods related to the law of the iterated logarithm", 1970). Counts are not negative; shares are
from 0 to 1. docs/adr/0009 says what follows from them and shows their simulated power.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RISK_RATIOS = (2.0, 5.0, 30.0, 1000.0)
"""How many times as often a bad candidate may fail as the live version."""

_OTHER_RATIOS = tuple(ratio for more in (1.5, *RISK_RATIOS) for ratio in (more, 1 / more))
"""How many times as often a version that answers otherwise may reject: more often, or less."""

_ABOVE = (2.0, 5.0, 20.0, 50.0)
"""Multiples of the share in question that a share above it may have."""

_BELOW = ((0.0, 0.9), (1 / 8, 0.04), (1 / 4, 0.03), (1 / 2, 0.03))
"""Multiples of the share in question that a share below it may have, and the stake on each. Most
is staked on no error at all, so that a clean candidate pays next to nothing for the others."""

_SLOW = (0.5, 0.75, 0.95)
"""Shares of its minutes in which a slow candidate may be the slower one."""


def fails_more(pairs: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> float:
    """Evidence against "the candidate fails no more often than the live version".

    `pairs` has, per period, (invocations, errors) of the candidate and of the live version. Given
    that an invocation failed, it was the candidate's with the probability of the candidate's share
    of the period's invocations if both fail alike, whatever the common error share, even if that
    changes from period to period: an outage that hits both is no evidence. Errors are drawn without
    replacement, which only lowers the expectation (Hoeffding, 1963, theorem 4).
    """
    return _whose(pairs, RISK_RATIOS)


def differs(pairs: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> float:
    """Evidence against "the candidate rejects as often as the live version", either way.

    `pairs` is as for `fails_more`, with rejected events in the place of errors.
    """
    return _whose(pairs, _OTHER_RATIOS)


def above(errors: int, invocations: int, share: float) -> float:
    """Evidence against "the error share is at most `share`"."""
    if share <= 0:
        return math.inf if errors else 1.0
    alternatives = [min(0.9, multiple * share) for multiple in _ABOVE]
    likely = [p for p in alternatives if p > share]
    return _mean([_ratio(errors, invocations, p, share) for p in likely]) if likely else 1.0


def below(errors: int, invocations: int, share: float) -> float:
    """Evidence against "the error share is at least `share`"; infinite where nothing is asked."""
    if share >= 1:
        return math.inf
    if share <= 0:
        return 0.0
    logs = [
        math.log(stake) + _ratio(errors, invocations, multiple * share, share)
        for multiple, stake in _BELOW
    ]
    return _exponential(_sum(logs))


def slower(slow: int, periods: int, share: float) -> float:
    """Evidence against "in at most `share` of the periods is the candidate the slow one"."""
    likely = [p for p in _SLOW if p > share]
    return _mean([_ratio(slow, periods, p, share) for p in likely])


def underserved(candidate: int, live: int, weight: float, tolerance: float) -> float:
    """Evidence against "the candidate serves its weight", less a tolerated part of it.

    The alias draws a version for every request, and a refused request ran none: a candidate that
    is refused more often than the live version serves less than its weight.
    """
    least = weight * (1 - tolerance)
    if not 0 < least < 1:
        return 1.0
    total = candidate + live
    return _mean([_ratio(candidate, total, least * part, least) for part in (0.0, 0.3, 0.6, 0.8)])


def clean_needed(errors: int, invocations: int, share: float, evidence: float) -> int:
    """How many further invocations without an error would bring `below` to `evidence`."""
    if not 0 < share < 1:
        return 0
    low, high = 0, 1
    while below(errors, invocations + high, share) < evidence:
        low, high = high, 2 * high
    if below(errors, invocations, share) >= evidence:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        if below(errors, invocations + middle, share) >= evidence:
            high = middle
        else:
            low = middle
    return high


def _whose(
    pairs: Iterable[tuple[tuple[int, int], tuple[int, int]]], ratios: tuple[float, ...]
) -> float:
    """Evidence of any of the ratios between the two versions' shares, by whose the hits are."""
    logs = [0.0] * len(ratios)
    for (candidate, candidate_hits), (live, live_hits) in pairs:
        if not candidate or not live or not candidate_hits + live_hits:
            continue
        for index, (mine, other) in enumerate(_worth(candidate, live, ratios)):
            logs[index] += candidate_hits * mine + live_hits * other
    return _mean(logs)


@lru_cache(maxsize=4096)
def _worth(candidate: int, live: int, ratios: tuple[float, ...]) -> list[tuple[float, float]]:
    """By ratio: logarithms of the likelihood ratio of a hit of the candidate's, and of the other's.

    Kept, as the same minutes are looked at anew at every poll, for each reason.
    """
    share = candidate / (candidate + live)
    scales = [math.log(share * ratio + 1 - share) for ratio in ratios]
    return [(math.log(ratio) - scale, -scale) for ratio, scale in zip(ratios, scales, strict=True)]


def _ratio(hits: int, trials: int, alternative: float, null: float) -> float:
    """Logarithm of the likelihood ratio of two shares; minus infinity where one is impossible."""
    misses = trials - hits
    if (hits and alternative <= 0) or (misses and alternative >= 1):
        return -math.inf
    logarithm = hits * math.log(alternative / null) if hits else 0.0
    return logarithm + (misses * math.log((1 - alternative) / (1 - null)) if misses else 0.0)


def _mean(logs: Sequence[float]) -> float:
    return _exponential(_sum(logs) - math.log(len(logs)))


def _sum(logs: Sequence[float]) -> float:
    """Logarithm of the sum of exponentials."""
    top = max(logs)
    if math.isinf(top):
        return top
    return top + math.log(sum(math.exp(value - top) for value in logs))


def _exponential(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 700 else math.inf
