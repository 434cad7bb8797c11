"""`gate`: watch a canary for the bake time, and put the alias back unless it passes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.errors import UsageError

from release.errors import (
    AliasChangedError,
    LastingError,
    NoAliasError,
    UnavailableError,
    UnfinishedError,
)
from release.gate.decision import Decision, decide
from release.observation import Alarm
from release.remedy import Remedy
from release.state import alias
from release.state.insist import SECONDS, insist

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from release.context import Release
    from release.observation import Policy, Samples
    from release.state.alias import Alias
    from release.stored import AliasStore
    from release.synthetic.traffic import SyntheticTraffic

_INTERRUPTED = Decision("inconclusive", ("the watch was interrupted",), Remedy.REPEAT)
_CHANGED = Decision(
    "inconclusive", ("somebody else changed the alias during the watch",), Remedy.STATUS
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to watch: for `bake` seconds, every `poll` seconds.

    `restore` puts the alias back unless the candidate passes: at once on a fail, at the end of the
    bake time if inconclusive, because nobody watches the canary any longer. Before that, an
    inconclusive watch goes on for up to `patience` seconds, sending synthetic `traffic` to the
    candidate while more samples are all that is missing. `note`
    keeps the verdict in the ledger and returns the entry's name, None if it could not.
    """

    policy: Policy
    alarm_names: Sequence[str]
    bake: float
    poll: float
    restore: bool
    patience: float = 0.0
    traffic: SyntheticTraffic | None = None
    note: Callable[[Reading], str | None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll saw; `samples` is None if they could not be read."""

    decision: Decision
    alarms: tuple[Alarm, ...]
    samples: Samples | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a watch. `aborted`: somebody else changed the alias, which was left alone."""

    reading: Reading
    polls: int
    restored: bool = False
    aborted: bool = False


def watch(release: Release, plan: Plan, seen: Alias) -> Outcome:
    """Poll until a fail or the end of the bake time, then act on the alias as it was `seen`.

    However it ends, a canary that nobody watches any longer is ended as the plan says.
    """
    end = release.clock.monotonic() + plan.bake
    polls = 0
    reading = Reading(_INTERRUPTED, (), None)
    try:
        while True:
            if not _unchanged(release.functions, seen):
                return _aborted(reading, polls)
            reading = read_once(release, plan)
            polls += 1
            release.say(describe(reading, plan.policy))
            left = end - release.clock.monotonic()
            if reading.decision.verdict == "fail" or not _goes_on(plan, reading.decision, left):
                break
            if left <= 0 and plan.traffic is not None and reading.decision.remedy is Remedy.SAMPLES:
                plan.traffic.run(plan.poll)
            else:
                release.clock.sleep(min(plan.poll, left if left > 0 else plan.poll))
    except KeyboardInterrupt:
        reading = replace(reading, decision=_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 (whatever it is, nobody watches any longer)
        reading = replace(reading, decision=_broken(error))
    conclusion = _Conclusion(release, plan, seen)
    try:
        return conclusion.reached(reading, polls)
    except KeyboardInterrupt:
        if plan.restore:
            with suppress(UsageError, AliasChangedError, UnfinishedError):
                conclusion.interrupted()
        raise


def _broken(error: Exception) -> Decision:
    """What ends a watch before its time: AWS's lasting refusal, or a mistake of this program's."""
    if isinstance(error, UnavailableError):
        return Decision("inconclusive", (str(error),), Remedy.REPEAT)
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    reason = f"the watch broke ({type(error).__name__}: {error}, in {where})"
    return Decision("inconclusive", (reason,), Remedy.REPEAT)


def _goes_on(plan: Plan, decision: Decision, left: float) -> bool:
    """Whether to look again: during the bake time, and while patience for a verdict lasts."""
    if left > 0:
        return True
    if decision.verdict == "pass" or -left >= plan.patience:
        return False
    return plan.traffic is None or plan.traffic.willing


def read_once(release: Release, plan: Plan) -> Reading:
    """One look at alarms and samples; what cannot be read makes it inconclusive, never a pass.

    LastingError where no later look could read more.
    """
    alarms: tuple[Alarm, ...]
    samples: Samples | None
    try:
        alarms = release.monitoring.alarms(plan.alarm_names)
    except LastingError:
        raise
    except UnavailableError:
        alarms = tuple(Alarm(name, "UNREADABLE") for name in plan.alarm_names)
    try:
        samples = release.monitoring.samples(plan.policy, release.clock.now())
        if plan.traffic is not None:
            samples = replace(samples, synthetic=plan.traffic.count)
    except LastingError:
        raise
    except UnavailableError:
        samples = None
    return Reading(decide(alarms, samples, plan.policy), alarms, samples)


def describe(reading: Reading, policy: Policy) -> str:
    """One line of progress."""
    samples = reading.samples
    seen = (
        f"{samples.candidate.invocations} of {policy.minimum_samples} samples, "
        f"{samples.candidate.errors} errors"
        + (f", {samples.answers[0].rejected} rejected" if policy.outcomes else "")
        if samples
        else "samples unreadable"
    )
    states = ", ".join(f"{alarm.name} {alarm.state}" for alarm in reading.alarms) or "no alarms"
    return f"{reading.decision.verdict}: {seen}; {states}"


def _unchanged(store: AliasStore, seen: Alias) -> bool:
    """Whether the alias is still as it was seen; a poll that cannot ask is no proof of change."""
    try:
        return alias.read(store).revision == seen.revision
    except LastingError:
        raise
    except UnavailableError:
        return True
    except (NoAliasError, AliasChangedError):
        return False


@dataclass(frozen=True, slots=True)
class _Conclusion:
    """Acts on the verdict, for minutes where AWS does not answer."""

    release: Release
    plan: Plan
    seen: Alias

    def reached(self, reading: Reading, polls: int) -> Outcome:
        """Record the verdict and, unless it is a pass, end the canary.

        A pass that cannot be recorded is none: `promote` would refuse it.
        """
        verdict, entry = reading.decision.verdict, self.plan.note(reading)
        try:
            if verdict == "pass" or not self.plan.restore:
                try:
                    self._insist(alias.record_verdict, verdict, entry)
                except (UnavailableError, UnfinishedError) as error:
                    reading = _unrecorded(reading, error)
                if verdict == reading.decision.verdict or not self.plan.restore:
                    return Outcome(reading, polls)
            self._insist(alias.end_canary, reading.decision.verdict, entry)
        except AliasChangedError:
            return _aborted(reading, polls)
        except (UnavailableError, UnfinishedError) as error:
            return Outcome(_with_reason(reading, f"the alias could not be written: {error}"), polls)
        return Outcome(reading, polls, restored=True)

    def interrupted(self) -> None:
        """End the canary that is watched here, in whatever state the conclusion left it."""
        now = alias.read(self.release.functions)
        began, ours = now.record.candidate, self.seen.record.candidate
        if now.weights and began and ours and began.since == ours.since:
            alias.end_canary(self.release.functions, now, "inconclusive")

    def _insist(
        self,
        write: Callable[[AliasStore, Alias, str, str | None], Alias],
        verdict: str,
        entry: str | None,
    ) -> None:
        seconds = max(self.plan.bake, SECONDS)
        insist(
            lambda: write(self.release.functions, self.seen, verdict, entry),
            self.release,
            seconds,
        )


def _unrecorded(reading: Reading, error: Exception) -> Reading:
    reason = f"the verdict {reading.decision.verdict} could not be recorded: {error}"
    if reading.decision.verdict == "fail":
        return _with_reason(reading, reason)
    reasons = (*reading.decision.reasons, reason)
    return replace(reading, decision=Decision("inconclusive", reasons, Remedy.REPEAT))


def _aborted(reading: Reading, polls: int) -> Outcome:
    return Outcome(Reading(_CHANGED, reading.alarms, reading.samples), polls, aborted=True)


def _with_reason(reading: Reading, reason: str) -> Reading:
    decision, left = reading.decision, Remedy.END_CANARY
    remedy = left if decision.verdict == "inconclusive" else None
    told = Decision(decision.verdict, (*decision.reasons, reason), remedy)
    return Reading(told, reading.alarms, reading.samples)
