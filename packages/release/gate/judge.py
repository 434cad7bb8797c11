"""The command `gate`: find the canary, watch it, say what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from console.errors import UsageError

from release.aws.clock import from_text, to_text
from release.gate.watch import Plan, watch
from release.observation import MAXIMUM_ERROR_SHARE, MINIMUM_SAMPLES, Policy, Samples
from release.remedy import Typed, sentence
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.ledger import Entry, Figures
from release.state.versions import check_number
from release.synthetic.traffic import RATE, SyntheticTraffic

if TYPE_CHECKING:
    from datetime import datetime

    from release.aws.clock import Clock
    from release.context import Release
    from release.gate.decision import Verdict
    from release.gate.watch import Outcome, Reading
    from release.outputs import Outputs
    from release.state.alias import Alias

_EXITS: dict[Verdict, Exit] = {
    "pass": Exit.DONE,
    "fail": Exit.FAIL,
    "inconclusive": Exit.INCONCLUSIVE,
}


ACCEPTED = "rejections accepted: "
"""How the ledger's entry begins for a candidate whose other rejections a person takes."""

PATIENCE = 1800.0
"""Seconds that a gate which waits or sends synthetic traffic goes on for after its bake time."""

OnInconclusive = Literal["stop", "wait", "synthetic"]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked of the gate: times in seconds, `since` None for the canary's own start.

    `on_inconclusive` is what follows a bake time without a verdict: `stop`, or up to `patience`
    seconds more in which it `wait`s for traffic, or sends `synthetic_rate` events a second
    (`synthetic`).
    """

    version: str
    since: datetime | None = None
    bake: float = 300.0
    poll: float = 15.0
    minimum_samples: int = MINIMUM_SAMPLES
    maximum_error_share: float = MAXIMUM_ERROR_SHARE
    accept_rejections: str | None = None
    """Why a candidate may reject other events than the live version; None: it may not."""
    restore: bool = True
    on_inconclusive: OnInconclusive = "stop"
    patience: float = PATIENCE
    synthetic_rate: float = RATE
    typed: Typed | None = None
    """The command behind it, for the one that gets further; None: the gate of this version."""

    @property
    def longest(self) -> float:
        """Seconds after which the gate has said something."""
        return self.bake + (0.0 if self.on_inconclusive == "stop" else self.patience)


def judge(release: Release, request: Request) -> Result:
    """Watch the canary; UsageError if that version is none, or the request makes no sense."""
    _check(request)
    seen = alias.read(release.functions)
    if seen.version == request.version and not seen.weights:
        return _nothing(release.outputs, request.version)
    if not seen.is_canary(request.version):
        raise UsageError(
            f"Version {request.version} is not the canary of {release.outputs.alias}: "
            "run `canary` first."
        )
    policy = plan_policy(release.outputs, request, seen)
    traffic = SyntheticTraffic(release, request.version, request.synthetic_rate)
    plan = Plan(
        policy,
        release.outputs.release_alarms,
        request.bake,
        request.poll,
        request.restore,
        request.longest - request.bake,
        traffic if request.on_inconclusive == "synthetic" else None,
        lambda reading: ledger.try_write(
            release.functions, _entry(seen, policy, reading, release.clock)
        ),
    )
    began = release.clock.monotonic()
    outcome = watch(release, plan, seen)
    remedy = _remedy(release.outputs, request, policy, outcome)
    return _result(
        release.outputs, policy, seen, outcome, release.clock.monotonic() - began, remedy
    )


def plan_policy(outputs: Outputs, request: Request, seen: Alias) -> Policy:
    """The policy for this canary; UsageError if nobody knows when it began."""
    candidate = seen.record.candidate
    recorded = None
    if candidate is not None and candidate.version == request.version:
        recorded = _moment(candidate.since)
    started = recorded or request.since
    if started is None:
        raise UsageError("The alias does not say when the canary began: say it with --since TIME.")
    return Policy(
        function=outputs.function,
        alias=outputs.alias,
        version=request.version,
        started=started,
        since=max(started, request.since or started),
        minimum_samples=request.minimum_samples,
        maximum_error_share=request.maximum_error_share,
        live=seen.version,
        weight=seen.weights.get(request.version),
        outcomes=outputs.outcomes,
        accepted=request.accept_rejections,
    )


def figures(samples: Samples) -> Figures:
    """What the ledger keeps of the samples."""
    mine, other = samples.answers
    return Figures(
        samples=samples.candidate.invocations,
        errors=samples.candidate.errors,
        live_samples=samples.live.invocations,
        live_errors=samples.live.errors,
        throttles=samples.throttles,
        p99_ms=round(samples.p99_ms or 0),
        live_p99_ms=round(samples.live_p99_ms or 0),
        rejected=mine.rejected,
        live_rejected=other.rejected,
    )


def _entry(seen: Alias, policy: Policy, reading: Reading, clock: Clock) -> Entry:
    decision = reading.decision
    accepted = [f"{ACCEPTED}{policy.accepted}"] if policy.accepted else []
    return Entry(
        policy.version,
        "gate",
        to_text(clock.now()),
        before=seen.version,
        verdict=decision.verdict,
        who=ledger.author(),
        parent=seen.record.entry,
        reason="; ".join((*accepted, *decision.reasons)) or None,
        figures=figures(reading.samples) if reading.samples else None,
    )


def _check(request: Request) -> None:
    check_number(request.version)
    if request.minimum_samples < 1:
        raise UsageError("--minimum-samples must be at least 1: without samples nothing is known.")
    if not 0 <= request.maximum_error_share <= 1:
        raise UsageError("--maximum-error-share must be a share from 0 to 1.")
    if request.bake < 0 or request.poll <= 0:
        raise UsageError("--bake must not be negative, and --poll must be above 0 seconds.")
    if request.accept_rejections is not None and not request.accept_rejections.strip():
        raise UsageError("Say why with --accept-rejections REASON.")
    if request.patience < 0 or request.synthetic_rate <= 0:
        raise UsageError("--patience must not be negative, and --synthetic-rate must be above 0.")


def _moment(text: str) -> datetime | None:
    try:
        return from_text(text)
    except ValueError:
        return None


def _nothing(outputs: Outputs, version: str) -> Result:
    return Result(
        Exit.DONE,
        f"Nothing to judge: {outputs.alias} already serves version {version} alone.",
        {"decision": "nothing to promote", "version": version, "changed": False},
        Change(version, version, "not read", "nothing to promote"),
    )


def _remedy(outputs: Outputs, request: Request, policy: Policy, outcome: Outcome) -> str | None:
    """The command that gets further; a gate alone needs a canary anew where its own was ended."""
    needed = outcome.reading.decision.remedy
    if needed is None:
        return None
    version = policy.version
    typed = request.typed or Typed("gate", outputs.place, ("--version", version))
    first = ""
    if outcome.restored and typed.session == "gate":
        share = f"{policy.weight or 0.0:g}"
        first = typed.other("canary", "--version", version, "--weight", share) + " && "
    return sentence(
        needed, typed, first, 0.0 if request.on_inconclusive == "stop" else request.patience
    )


def _result(
    outputs: Outputs,
    policy: Policy,
    seen: Alias,
    outcome: Outcome,
    seconds: float,
    remedy: str | None,
) -> Result:
    reading = outcome.reading
    verdict = reading.decision.verdict
    states = ", ".join(f"{alarm.name}: {alarm.state}" for alarm in reading.alarms) or "none read"
    return Result(
        _EXITS[verdict],
        _message(outputs, policy, seen, outcome),
        _details(policy, seen, outcome, seconds),
        Change(seen.version, policy.version, states, verdict),
        remedy=remedy,
    )


def _message(outputs: Outputs, policy: Policy, seen: Alias, outcome: Outcome) -> str:
    decision = outcome.reading.decision
    why = f": {'; '.join(decision.reasons)}" if decision.reasons else ""
    end = ""
    if outcome.aborted:
        end = f" {outputs.alias} was left as it is."
    elif outcome.restored:
        end = f" {outputs.alias} serves version {seen.version} alone again."
    elif decision.verdict != "pass":
        end = f" {outputs.alias} still sends traffic to version {policy.version}."
    return f"Gate of version {policy.version}: {decision.verdict}{why}.{_judged(policy)}{end}"


def _judged(policy: Policy) -> str:
    """What a verdict does not rest on."""
    if policy.outcomes is None:
        return " Answers not judged: the service's outputs have no outcomes."
    if policy.accepted:
        return f" Rejections accepted: {policy.accepted}."
    return ""


def _details(policy: Policy, seen: Alias, outcome: Outcome, seconds: float) -> dict[str, object]:
    reading = outcome.reading
    samples = reading.samples
    return {
        "decision": reading.decision.verdict,
        "reasons": list(reading.decision.reasons),
        "version": policy.version,
        "from": seen.version,
        "since": to_text(policy.since),
        "samples": samples.invocations if samples else None,
        "errors": samples.errors if samples else None,
        "p99Milliseconds": samples.p99_ms if samples else None,
        "throttles": samples.throttles if samples else None,
        **_compared(policy, samples),
        "minimumSamples": policy.minimum_samples,
        "alarms": [{"name": alarm.name, "state": alarm.state} for alarm in reading.alarms],
        "restored": outcome.restored,
        "aborted": outcome.aborted,
        "polls": outcome.polls,
        "seconds": round(seconds, 3),
    }


def _compared(policy: Policy, samples: Samples | None) -> dict[str, object]:
    """The live version beside the candidate; None where it is not known."""
    seen = samples or Samples()
    mine, others = seen.throttle_shares(policy.weight)
    live, (answers, live_answers) = seen.live, seen.answers
    return {
        "liveVersion": policy.live,
        "liveSamples": live.invocations,
        "liveErrors": live.errors,
        "liveP99Milliseconds": seen.live_p99_ms,
        "throttleShare": seen.throttle_share,
        "candidateThrottleShare": mine,
        "liveThrottleShare": others,
        "answersJudged": policy.outcomes is not None and not policy.accepted,
        "rejectionsAccepted": policy.accepted,
        "answers": asdict(answers),
        "liveAnswers": asdict(live_answers),
        "syntheticSamples": seen.synthetic.invocations,
        "syntheticErrors": seen.synthetic.errors,
    }
