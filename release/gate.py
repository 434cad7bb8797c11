"""The gate: may this candidate be promoted? A pure function of alarms and samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from release.evidence import failures, shortages, suspicions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from release.evidence import Samples

Verdict = Literal["pass", "fail", "inconclusive"]
AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA", "ABSENT", "UNREADABLE"]
Dimensions = frozenset[tuple[str, str]]

MINIMUM_SAMPLES = 299
"""Invocations that show at least one error with 95 % certainty if 1 % of them fail:
the smallest n with 1 - 0.99**n >= 0.95."""

MAXIMUM_ERROR_SHARE = 0.01
"""The error share that a pass rules out, and that those samples can tell from none."""


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
class Policy:
    """Which candidate is judged, and by what.

    `started` is when its canary began, `since` (not before it) from when samples count; `live` is
    the version it is compared with and `weight` its share of the requests, None if unknown.
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


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and, for every verdict but a pass, each thing that stands in the way.

    `short` says that more samples are all that is missing.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    short: bool = False


def decide(alarms: Sequence[Alarm], samples: Samples | None, policy: Policy) -> Decision:
    """Judge the candidate. A fail beats inconclusive; a pass needs everything.

    Passes only if at least one alarm is given, all are OK and watch this candidate, and samples
    (None: they could not be read) are at least the minimum, newer than the canary's start, rule out
    the maximum error share and raise no suspicion. So neither an alarm without data nor a quiet
    hour is ever a pass. Fails on an alarm that the candidate raised, or on proof that it fails or
    dawdles more than the live version in the same periods.
    """
    failed = [reason for alarm in alarms if (reason := _failure(alarm, policy))]
    failed += failures(samples, policy)
    if failed:
        return Decision("fail", tuple(failed))
    doubts = [reason for alarm in alarms if (reason := _doubt(alarm, policy))]
    if not alarms:
        doubts.append("no release alarm is named, so nothing watches the candidate")
    if samples is None:
        return Decision("inconclusive", (*doubts, "the candidate's samples could not be read"))
    doubts += suspicions(samples, policy)
    lacking = [*shortages(samples, policy), *_staleness(samples, policy)]
    if doubts or lacking:
        return Decision("inconclusive", (*doubts, *lacking), short=not doubts)
    return Decision("pass", ())


def watches_candidate(alarm: Alarm, policy: Policy) -> bool:
    """Whether the alarm reads the candidate's metrics under the alias, and no other version's.

    The dimension `Resource` is `function:alias`, never an ARN
    (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html); metrics of the
    alias as a whole may stand beside the candidate's.
    """
    resource = f"{policy.function}:{policy.alias}"
    alias = frozenset({("FunctionName", policy.function), ("Resource", resource)})
    candidate = alias | {("ExecutedVersion", policy.version)}
    return candidate in alarm.watched and all(seen in (alias, candidate) for seen in alarm.watched)


def _failure(alarm: Alarm, policy: Policy) -> str | None:
    if alarm.state == "ALARM" and watches_candidate(alarm, policy) and not _is_old(alarm, policy):
        return f"{alarm.name} is in ALARM"
    return None


def _doubt(alarm: Alarm, policy: Policy) -> str | None:
    if alarm.state == "ABSENT":
        return f"{alarm.name} does not exist"
    if alarm.state == "UNREADABLE":
        return f"{alarm.name} could not be read"
    if not watches_candidate(alarm, policy):
        return f"{alarm.name} does not watch version {policy.version} under {policy.alias}"
    if alarm.state == "ALARM":
        return f"{alarm.name} has been in ALARM since before the canary began"
    if alarm.state != "OK":
        return f"{alarm.name} has {alarm.state}"
    return f"{alarm.name} is OK on partial data" if alarm.partial else None


def _is_old(alarm: Alarm, policy: Policy) -> bool:
    """A deployment re-points an alarm but keeps its state until the next evaluation, so an older
    ALARM may be about the version before: it blocks a pass, yet it convicts nobody."""
    return alarm.changed_at is not None and alarm.changed_at < policy.started


def _staleness(samples: Samples, policy: Policy) -> list[str]:
    """A driven order was answered here and now, so it needs no period that says when."""
    if samples.driven.invocations:
        return []
    if samples.newest is None or samples.newest < policy.since:
        return ["no sample is newer than the canary's start"]
    return []
