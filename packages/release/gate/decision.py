"""The gate: may this candidate be promoted? A pure function of alarms and samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from release.gate.evidence import failures, shortages, suspicions
from release.remedy import Remedy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from release.observation import Alarm, Policy, Samples

Verdict = Literal["pass", "fail", "inconclusive"]
Doubt = tuple[str, Remedy]


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and, for every verdict but a pass, each thing that stands in the way.

    `remedy` is what an inconclusive one needs, and only that has one.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    remedy: Remedy | None = None

    def __post_init__(self) -> None:
        """ValueError for an inconclusive decision that nobody could act on."""
        if (self.verdict == "inconclusive") != (self.remedy is not None):
            raise ValueError("an inconclusive decision has a remedy, and no other one has")


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
    doubts = [doubt for alarm in alarms if (doubt := _doubt(alarm, policy))]
    if not alarms:
        nobody = "no release alarm is named, so nothing watches the candidate"
        doubts.append((nobody, Remedy.DEPLOY))
    if samples is None:
        doubts.append(("the candidate's samples could not be read", Remedy.WAIT))
    else:
        doubts += [(reason, Remedy.WAIT) for reason in suspicions(samples, policy)]
        lacking = [*shortages(samples, policy), *_staleness(samples, policy)]
        doubts += [(reason, Remedy.SAMPLES) for reason in lacking]
    if doubts:
        reasons = tuple(reason for reason, _ in doubts)
        return Decision("inconclusive", reasons, min(remedy for _, remedy in doubts))
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
    if alarm.state == "ALARM" and watches_candidate(alarm, policy) and _is_its(alarm, policy):
        return f"{alarm.name} is in ALARM"
    return None


def _doubt(alarm: Alarm, policy: Policy) -> Doubt | None:
    if alarm.state == "ABSENT":
        return f"{alarm.name} does not exist", Remedy.DEPLOY
    if alarm.state == "UNREADABLE":
        return f"{alarm.name} could not be read", Remedy.WAIT
    if not watches_candidate(alarm, policy):
        watched = f"version {policy.version} under {policy.alias}"
        return f"{alarm.name} does not watch {watched}", Remedy.DEPLOY
    if alarm.state == "ALARM":
        since = "has been in ALARM since before the canary began"
        return f"{alarm.name} {since}", Remedy.STATUS
    if alarm.state != "OK":
        return f"{alarm.name} has {alarm.state}", Remedy.WAIT
    return (f"{alarm.name} is OK on partial data", Remedy.WAIT) if alarm.partial else None


def _is_its(alarm: Alarm, policy: Policy) -> bool:
    """A deployment re-points an alarm but keeps its state until the next evaluation, so an older
    ALARM may be about the version before: it blocks a pass, yet it convicts nobody."""
    at = alarm.changed_at
    return at is None or policy.started <= at <= (policy.until or at)


def _staleness(samples: Samples, policy: Policy) -> list[str]:
    """A synthetic event was answered here and now, so it needs no period that says when."""
    if samples.synthetic.invocations:
        return []
    if samples.newest is None or samples.newest < policy.since:
        return ["no sample is newer than the canary's start"]
    return []
