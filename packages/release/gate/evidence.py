"""What the samples of a candidate and of the live version prove. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

from release.gate import answers, sequential

if TYPE_CHECKING:
    from release.observation import Period, Policy, Samples

FALSE_ALARM = 0.002
"""Chance that one of the four tests that can fail a candidate ever does so with a good one: under
1 % for all of them."""

MISS = 0.05
"""Chance that a candidate whose error share is at the limit passes."""

SLOW_RATIO, SLOW_FLOOR_MS = 1.5, 25.0
"""A minute is a slow one if the candidate's p99 exceeds the live version's by both."""

SLOW_SHARE = 0.25
"""Share of slow minutes that two versions of the same speed are granted: p99 is a noisy figure, and
the candidate's fewer samples and colder caches add to it (simulated: docs/adr/0009)."""

COMPARABLE = 5
"""Invocations of each version that a minute needs before its two p99 are compared."""

SHORTFALL = 0.2
"""Part of its weight that a candidate may serve less than that: invocations still running."""


def is_comparable(period: Period) -> bool:
    """Whether the two p99 say anything about each other."""
    enough = min(period.candidate.invocations, period.live.invocations) >= COMPARABLE
    return enough and period.candidate_p99 is not None and period.live_p99 is not None


def is_slow(period: Period) -> bool:
    """Whether the candidate was the slow one."""
    mine, other = period.candidate_p99 or 0.0, period.live_p99 or 0.0
    return is_comparable(period) and mine > max(SLOW_RATIO * other, other + SLOW_FLOOR_MS)


def failures(samples: Samples | None, policy: Policy) -> list[str]:
    """Each way in which the candidate is proven worse; empty if it is not."""
    if samples is None:
        return []
    found = [*_fails_more(samples, policy), *_fails_too_often(samples, policy)]
    if answers.evidence(samples, policy) >= 1 / FALSE_ALARM:
        found.append(answers.difference(samples, policy))
    slow, comparable = _slow_periods(samples)
    if sequential.slower(slow, comparable, SLOW_SHARE) >= 1 / FALSE_ALARM:
        found.append(
            f"the candidate's p99 was above the live version's in {slow} of {comparable} periods"
        )
    return found


def shortages(samples: Samples, policy: Policy) -> list[str]:
    """What more samples could mend."""
    seen, needed = samples.candidate, max(1, policy.minimum_samples)
    if seen.invocations < needed:
        return [f"{seen.invocations} of {needed} samples of the candidate"]
    share = policy.maximum_error_share
    if sequential.below(seen.errors, seen.invocations, share) >= 1 / MISS:
        return []
    more = sequential.clean_needed(seen.errors, seen.invocations, share, 1 / MISS)
    return [
        f"{seen.errors} errors in {seen.invocations} samples do not rule out an error share of "
        f"{amounts.weight(share)} ({more} more without an error would)"
        + ("; the live version fails as well" if _live_fails_too(samples, policy) else "")
    ]


def suspicions(samples: Samples, policy: Policy) -> list[str]:
    """What is not proven but too likely for a pass, and what nobody counted."""
    found = answers.uncounted(samples, policy)
    if answers.evidence(samples, policy) >= 1 / MISS:
        found.append(answers.difference(samples, policy))
    slow, comparable = _slow_periods(samples)
    if sequential.slower(slow, comparable, SLOW_SHARE) >= 1 / MISS:
        found.append(f"the candidate's p99 is high in {slow} of {comparable} periods")
    if policy.weight is not None:
        served, live = samples.invocations, samples.live.invocations
        if sequential.underserved(served, live, policy.weight, SHORTFALL) >= 1 / MISS:
            found.append(
                f"the candidate served {served} of {served + live} invocations, less than its "
                f"weight of {amounts.weight(policy.weight)}: its requests are refused or still run"
            )
    return found


def _fails_more(samples: Samples, policy: Policy) -> list[str]:
    pairs = [
        ((p.candidate.invocations, p.candidate.errors), (p.live.invocations, p.live.errors))
        for p in samples.periods
    ]
    if sequential.fails_more(pairs) < 1 / FALSE_ALARM:
        return []
    live = samples.live
    return [
        f"{samples.errors} of {samples.invocations} invocations of the candidate failed, "
        f"{live.errors} of {live.invocations} of version {policy.live}"
    ]


def _fails_too_often(samples: Samples, policy: Policy) -> list[str]:
    """Too often by the stated limit; no proof while the live version does so too (an outage)."""
    seen = samples.candidate
    share = policy.maximum_error_share
    evidence = sequential.above(seen.errors, seen.invocations, share)
    if evidence < 1 / FALSE_ALARM or _live_fails_too(samples, policy):
        return []
    return [f"{seen.errors} of {seen.invocations} invocations of the candidate failed"]


def _live_fails_too(samples: Samples, policy: Policy) -> bool:
    live = samples.live
    evidence = sequential.above(live.errors, live.invocations, policy.maximum_error_share)
    return evidence >= 1 / FALSE_ALARM


def _slow_periods(samples: Samples) -> tuple[int, int]:
    comparable = [period for period in samples.periods if is_comparable(period)]
    return sum(map(is_slow, comparable)), len(comparable)
