"""What was seen of a candidate and of the live version, and what that proves. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reporting import amounts

from release.gate import sequential

if TYPE_CHECKING:
    from datetime import datetime

    from release.gate.decision import Policy

FALSE_ALARM = 0.002
"""Chance that one of the three tests that can fail a candidate ever does so with a good one:
under 1 % for all of them."""

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


@dataclass(frozen=True, slots=True)
class Count:
    """Invocations, and how many of them failed. A rejected event is no failure."""

    invocations: int = 0
    errors: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.invocations + other.invocations, self.errors + other.errors)


@dataclass(frozen=True, slots=True)
class Period:
    """One period under the alias: both versions' counts and p99 duration in milliseconds."""

    candidate: Count = Count()
    live: Count = Count()
    candidate_p99: float | None = None
    live_p99: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether the two p99 say anything about each other."""
        enough = min(self.candidate.invocations, self.live.invocations) >= COMPARABLE
        return enough and self.candidate_p99 is not None and self.live_p99 is not None

    @property
    def slow(self) -> bool:
        """Whether the candidate was the slow one."""
        mine, other = self.candidate_p99 or 0.0, self.live_p99 or 0.0
        return self.comparable and mine > max(SLOW_RATIO * other, other + SLOW_FLOOR_MS)


@dataclass(frozen=True, slots=True)
class Samples:
    """What the candidate did under the alias since its canary began, and when it was last seen.

    Counts are invocations; `p99_ms` is the worst minute's p99 in milliseconds, None without any;
    `throttles` are the alias's (a refused request ran no version); `newest` is the start of the
    newest period with data; `periods` set the live version beside it; `synthetic` are events sent
    to the candidate by its number, which no metric of the alias contains.
    """

    invocations: int = 0
    errors: int = 0
    p99_ms: float | None = None
    throttles: int = 0
    newest: datetime | None = None
    periods: tuple[Period, ...] = ()
    synthetic: Count = field(default_factory=Count)

    @property
    def candidate(self) -> Count:
        """Everything that the candidate did, synthetic ones included."""
        return Count(self.invocations, self.errors) + self.synthetic

    @property
    def live(self) -> Count:
        """What the live version did in the same periods."""
        return sum((period.live for period in self.periods), Count())

    @property
    def live_p99_ms(self) -> float | None:
        """The live version's worst minute, in milliseconds."""
        return max((p.live_p99 for p in self.periods if p.live_p99 is not None), default=None)

    @property
    def throttle_share(self) -> float | None:
        """Share of the alias's requests that were refused; None without any."""
        requests = self.invocations + self.live.invocations + self.throttles
        return self.throttles / requests if requests else None

    def throttle_shares(self, weight: float | None) -> tuple[float | None, float | None]:
        """Estimated shares of the candidate's and of the live version's requests that were refused.

        A refused request names no version, but the alias draws one for each: the candidate was
        asked `weight` of all requests, and what it did not serve of them was refused.
        """
        requests = self.invocations + self.live.invocations + self.throttles
        if weight is None or not 0 < weight < 1 or not requests:
            return None, None
        mine, others = weight * requests, (1 - weight) * requests
        return (
            min(1.0, max(0.0, 1 - self.invocations / mine)),
            min(1.0, max(0.0, 1 - self.live.invocations / others)),
        )


def failures(samples: Samples | None, policy: Policy) -> list[str]:
    """Each way in which the candidate is proven worse; empty if it is not."""
    if samples is None:
        return []
    found = [*_fails_more(samples, policy), *_fails_too_often(samples, policy)]
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
    """What is not proven but too likely for a pass."""
    found = []
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
    comparable = [period for period in samples.periods if period.comparable]
    return sum(period.slow for period in comparable), len(comparable)
