"""Which candidate is watched, and what is seen of it: plain values that AWS's adapter fills in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from service.declaration import Outcomes

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA", "ABSENT", "UNREADABLE"]
Dimensions = frozenset[tuple[str, str]]

MINIMUM_SAMPLES = 299
"""Invocations that show at least one error with 95 % certainty if 1 % of them fail:
the smallest n with 1 - 0.99**n >= 0.95."""

MAXIMUM_ERROR_SHARE = 0.01
"""The error share that a pass rules out, and that those samples can tell from none."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which candidate is judged, and by what.

    `started` is when its canary began, `since` (not before it) from when samples count, `until`
    when they cease to; `live` is the version it is compared with and `weight` its share of the
    requests, None if unknown. `outcomes` is how the service counts its answers, None where it does
    not; `accepted` is why a person takes a candidate that rejects other events than the live
    version. `follows`: the candidate has taken that version's place, which is seen before `since`
    instead of in the same minutes.
    """

    function: str
    alias: str
    version: str
    started: datetime
    since: datetime
    minimum_samples: int = MINIMUM_SAMPLES
    maximum_error_share: float = MAXIMUM_ERROR_SHARE
    live: str | None = None
    weight: float | None = None
    outcomes: Outcomes | None = None
    accepted: str | None = None
    follows: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it was read.

    `changed_at` is when its state last changed, None if unknown. `watched` has the dimensions of
    every metric it reads; empty for an alarm that reads none itself. `partial` says that
    CloudWatch evaluated it on partial data or not at all.
    """

    name: str
    state: AlarmState
    changed_at: datetime | None = None
    watched: tuple[Dimensions, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Invocations, and how many of them failed. A rejected event is no failure."""

    invocations: int = 0
    errors: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.invocations + other.invocations, self.errors + other.errors)


@dataclass(frozen=True, slots=True)
class Answers:
    """Real events that were answered, how many were rejected, and of those how many by reason."""

    answered: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Answers) -> Answers:
        codes = {**self.reasons, **other.reasons}
        return Answers(
            self.answered + other.answered,
            self.rejected + other.rejected,
            {code: self.reasons.get(code, 0) + other.reasons.get(code, 0) for code in codes},
        )


@dataclass(frozen=True, slots=True)
class Period:
    """One period under the alias: both versions' counts, p99 duration in milliseconds, answers."""

    candidate: Count = Count()
    live: Count = Count()
    candidate_p99: float | None = None
    live_p99: float | None = None
    candidate_answers: Answers = field(default_factory=Answers)
    live_answers: Answers = field(default_factory=Answers)


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
    def answers(self) -> tuple[Answers, Answers]:
        """What became of the events that the candidate and the live version answered."""
        return (
            sum((period.candidate_answers for period in self.periods), Answers()),
            sum((period.live_answers for period in self.periods), Answers()),
        )

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
