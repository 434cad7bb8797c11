"""`rollout`: a whole release in one command: smoke, warm, canary and gate per step, promotion.

Where it stands is read from the alias, so a rollout that was killed goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.commands import hold
from release.commands.canary import canary, changed_meanwhile
from release.commands.live_watch import due, watch_live
from release.commands.promote import promote
from release.commands.rollback import end_canary
from release.commands.smoke import smoke
from release.commands.warm import warm
from release.errors import AliasChangedError, UnfinishedError
from release.gate.judge import Request, judge
from release.remedy import Typed
from release.result import Exit, Result
from release.state import alias
from release.state.fence import fenced
from release.state.insist import SECONDS, insist
from release.state.succession import check_succession, find_left
from release.state.versions import check_target, wait_until_made
from release.synthetic.answers import MAXIMUM_INIT_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from release.context import Release
    from release.result import Change
    from release.state.alias import Alias


@dataclass(frozen=True, slots=True)
class RolloutRequest:
    """What is rolled out and how: `gate` is asked at each of the `steps` (shares from 0 to 1)."""

    version: str
    steps: tuple[float, ...]
    gate: Request
    commit: str | None = None
    pull_request: str | None = None
    reason: str | None = None
    maximum_init_ms: float = MAXIMUM_INIT_MS
    watch: float = 0.0
    """Seconds that it is watched for after its promotion; 0 for not at all."""
    within: float | None = None
    """Seconds that there are for all of it: what started it ends then."""

    @property
    def longest(self) -> float:
        """Seconds that its watches may take."""
        return len(self.steps) * self.gate.longest + self.after

    @property
    def after(self) -> float:
        """Seconds that it is watched for after its promotion: what no gate has seen at least for
        the bake time."""
        return self.watch if self.steps else max(self.watch, self.gate.bake)


@dataclass(slots=True)
class Rollout:
    """A rollout on its systems; the alias is fenced from when it is made."""

    release: Release
    request: RolloutRequest

    def __post_init__(self) -> None:
        self.release = replace(self.release, functions=fenced(self.release.functions))

    def run(self) -> Result:
        """Everything that is left to do; UsageError before anything was changed.

        Ctrl-C or SIGTERM ends the canary. As soon as somebody else has written the alias, nothing
        more is done.
        """
        request = self.request
        check_steps(request)
        check_time(request)
        try:
            return self._run()
        except AliasChangedError:
            return changed_meanwhile(self.release.outputs, request.version)

    def _run(self) -> Result:
        request = self.request
        check_target(self.release, request.version)
        seen = alias.read(self.release.functions)
        if due(seen):  # of a release whose job died
            watched = watch_live(self.release, poll=request.gate.poll)
            if seen.version == request.version or watched.exit is not Exit.DONE:
                return watched
            seen = alias.read(self.release.functions)
        if seen.version == request.version:
            return self._promote()  # done, or refused because another version is its canary
        if not (request.reason or "").strip():
            left = find_left(self.release.functions, seen, request.version)
            if left is not None:
                return hold.held_already(self.release, seen, request.version, left)
            hold.check(self.release, seen, request.commit)
        check_succession(self.release, seen, request.version, request.reason)
        done: list[Result] = []
        try:
            for step in self._steps(seen):
                done.append(step())
                if done[-1].exit != Exit.DONE:
                    break
        except AliasChangedError:
            raise
        except KeyboardInterrupt as error:
            self._end_canary(error, seconds=0)
            raise
        except Exception as error:
            if self._end_canary(error):
                told = error if isinstance(error, UsageError | UnfinishedError) else repr(error)
                raise UnfinishedError(f"{told} The canary was ended.") from error
            raise
        details = {**done[-1].details, "steps": [_figures(each) for each in done]}
        return replace(done[-1], details=details, change=_with_alarms(done))

    def _end_canary(self, why: BaseException, seconds: float = SECONDS) -> bool:
        """End a canary that nobody would watch any longer; whether there was one.

        UnfinishedError where that is impossible. A job that is cancelled is interrupted twice.
        """

        def end() -> bool:
            return bool(end_canary(self.release).details["changed"])

        try:
            try:
                return insist(end, self.release, seconds)
            except KeyboardInterrupt:
                return end()
        except (UsageError, UnfinishedError) as error:
            typed = Typed("rollback", self.release.outputs.place, ("--canary-only",)).again()
            raise UnfinishedError(
                f"{str(why) or 'Interrupted.'} {self.release.outputs.alias} may still send traffic "
                f"to version {self.request.version}: `{typed}` ends that ({error})"
            ) from why
        except AliasChangedError:  # somebody else's write stands
            return False

    def _steps(self, seen: Alias) -> list[Callable[[], Result]]:
        """What is left to do, in order; the first that is not done ends it."""
        watched = remaining(self.request.steps, seen, self.request.version)
        steps: list[Callable[[], Result]] = [self._smoke]
        steps += [partial(self._step, weight) for weight in watched]
        steps += [partial(self._warm, 1.0), self._promote]
        return steps if self.request.steps else [self._check_alarms, *steps]

    def _step(self, weight: float) -> Result:
        """Warm, shift, watch; a canary at that weight is watched on instead of begun anew."""
        request = self.request
        warmed = self._warm(weight)
        if warmed.exit is not Exit.DONE:
            return warmed
        seen = alias.read(self.release.functions)
        if (
            seen.weights.get(request.version) != weight
            or _verdict(seen, request.version) is not None
        ):
            shifted = canary(
                self.release, request.version, weight, request.reason, request.gate.longest
            )
            self.release.say(shifted.message)
            if shifted.exit is not Exit.DONE:
                return shifted
        gate = replace(request.gate, version=request.version)
        return judge(self.release, gate)

    def _smoke(self) -> Result:
        """The probes by the version's number; a canary that is not proved by them is ended."""
        request = self.request
        wait_until_made(self.release, request.version)
        tried = smoke(self.release, request.version, request.maximum_init_ms, request.gate.typed)
        self.release.say(tried.message)
        if tried.exit is not Exit.DONE:
            end_canary(self.release)
        return tried

    def _warm(self, weight: float) -> Result:
        request = self.request
        warmed = warm(self.release, request.version, weight, request.maximum_init_ms)  # fmt: skip
        self.release.say(warmed.message)
        if warmed.exit is not Exit.DONE:
            end_canary(self.release)
        return warmed

    def _promote(self) -> Result:
        """All traffic to it, which is watched on."""
        request = self.request
        promoted = promote(
            self.release,
            request.version,
            commit=request.commit,
            pull_request=request.pull_request,
            reason=request.reason if not request.steps else None,
            watch=request.after,
        )
        if promoted.exit is not Exit.DONE or not promoted.details["changed"]:
            return promoted
        if not request.after:
            said = f"{promoted.message} It is not watched any further: --watch is 0."
            return replace(promoted, message=said)
        self.release.say(promoted.message)
        try:
            watched = watch_live(self.release, poll=request.gate.poll)
        except UsageError as error:
            again = Typed("watch", self.release.outputs.place).again()
            raise UnfinishedError(f"{promoted.message} {error} Next: `{again}`.") from error
        details = {**promoted.details, **watched.details}
        return replace(watched, message=f"{promoted.message} {watched.message}", details=details)

    def _check_alarms(self) -> Result:
        """Breaking the glass obeys alarms: one in ALARM or unreadable forbids it."""
        for alarm in self.release.monitoring.alarms(self.release.outputs.release_alarms):
            if alarm.state not in ("OK", "INSUFFICIENT_DATA"):
                raise UsageError(
                    f"{alarm.name} is {alarm.state}: --plan all-at-once is refused while an "
                    "alarm is up or cannot be read; see to it first."
                )
        return Result(Exit.DONE, "No alarm stands in the way.")


def check_steps(request: RolloutRequest) -> None:
    """UsageError for steps outside 0 to 1 or not increasing, or all-at-once without --reason."""
    if not all(0 < weight < 1 for weight in request.steps):
        raise UsageError("--steps are shares between 0 and 1, such as 0.1,0.5.")
    if list(request.steps) != sorted(set(request.steps)):
        raise UsageError("--steps must rise, such as 0.1,0.5.")
    if not request.steps and not (request.reason or "").strip():
        raise UsageError("The plan all-at-once skips the gate: say why with --reason TEXT.")


def check_time(request: RolloutRequest) -> None:
    """UsageError where the watches may take longer than there is time."""
    longest = request.longest
    if request.within is not None and longest > request.within:
        raise UsageError(
            f"{len(request.steps)} times {_seconds(request.gate.bake)} of bake time and up to "
            f"{_seconds(request.gate.longest - request.gate.bake)} of patience, and "
            f"{_seconds(request.after)} after the promotion, take {_seconds(longest)}, and there "
            f"are {_seconds(request.within)}: shorten --bake, --patience or --watch, or plan fewer "
            "steps."
        )


def _seconds(value: float) -> str:
    return amounts.number(value, "s")


def remaining(steps: tuple[float, ...], seen: Alias, version: str) -> tuple[float, ...]:
    """The steps that are still to be watched: none that the gate has passed already."""
    weight = seen.weights.get(version)
    if weight is None:
        return steps
    if _verdict(seen, version) == "pass":
        return tuple(step for step in steps if step > weight)
    return tuple(step for step in steps if step >= weight)


def _verdict(seen: Alias, version: str) -> str | None:
    candidate = seen.record.candidate
    return candidate.verdict if candidate and candidate.version == version else None


def _with_alarms(done: Sequence[Result]) -> Change | None:
    """What the last step changed, with the alarms as they were seen last."""
    last = done[-1].change
    judged = [
        each.change.alarms
        for each in done
        if each.change and {"decision", "watch"} & each.details.keys()
    ]
    return replace(last, alarms=judged[-1]) if last and judged else last


def _figures(result: Result) -> dict[str, object]:
    return {"status": result.exit.name.lower(), "message": result.message, **result.details}
