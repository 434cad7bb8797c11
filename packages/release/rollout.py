"""`rollout`: a whole release in one command: smoke, warm, canary and gate per step, promotion.

Where it stands is read from the alias, so a rollout that was killed goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from console.errors import UsageError
from reporting import amounts

from release import alias
from release.canary import canary, changed_meanwhile
from release.errors import AliasChangedError, UnfinishedError
from release.fence import fenced
from release.guard import Guard
from release.insist import SECONDS, insist
from release.judge import Request, judge
from release.promote import promote
from release.remedy import Typed
from release.result import Exit, Result
from release.rollback import end_canary
from release.smoke import smoke
from release.succession import check_succession
from release.synthetic import MAXIMUM_INIT_MS
from release.target import check_target, wait_until_made
from release.warm import warm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from release.alias import Alias
    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions
    from release.outputs import Outputs
    from release.result import Change

PlanName = Literal["canary", "linear", "all-at-once"]
PLANS: dict[PlanName, tuple[float, ...]] = {
    "canary": (0.1,),
    "linear": (0.1, 0.25, 0.5),
    "all-at-once": (),
}
"""Shares of the traffic that a candidate is watched at before it gets all of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is rolled out and how: `gate` is asked at each of the `steps` (shares from 0 to 1)."""

    version: str
    steps: tuple[float, ...]
    gate: Request
    commit: str | None = None
    pull_request: str | None = None
    reason: str | None = None
    maximum_init_ms: float = MAXIMUM_INIT_MS
    within: float | None = None
    """Seconds that there are for all of it: what started it ends then."""

    @property
    def longest(self) -> float:
        """Seconds that its watches may take."""
        return len(self.steps) * self.gate.longest if self.steps else self.gate.bake


@dataclass(slots=True)
class Rollout:
    """A rollout on its systems; the alias is fenced from when it is made."""

    functions: Functions
    monitoring: Monitoring
    outputs: Outputs
    clock: Clock
    order: Order
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.functions = fenced(self.functions)

    def run(self) -> Result:
        """Everything that is left to do; UsageError before anything was changed.

        Ctrl-C or SIGTERM ends the canary. As soon as somebody else has written the alias, nothing
        more is done.
        """
        order = self.order
        check_steps(order)
        check_time(order)
        try:
            return self._run()
        except AliasChangedError:
            return changed_meanwhile(self.outputs, order.version)

    def _run(self) -> Result:
        order = self.order
        check_target(self.functions, self.outputs, order.version)
        seen = alias.read(self.functions)
        if seen.version == order.version:
            return self._promote()  # done, or refused because another version is its canary
        check_succession(self.functions, self.outputs, seen, order.version, order.reason)
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
            return bool(end_canary(self.functions, self.outputs, self.clock).details["changed"])

        try:
            try:
                return insist(end, self.clock, self.say, seconds)
            except KeyboardInterrupt:
                return end()
        except (UsageError, UnfinishedError) as error:
            typed = Typed("rollback", self.outputs.stack, ("--canary-only",)).again()
            raise UnfinishedError(
                f"{str(why) or 'Interrupted.'} {self.outputs.alias} may still send traffic to "
                f"version {self.order.version}: `{typed}` ends that ({error})"
            ) from why
        except AliasChangedError:  # somebody else's write stands
            return False

    def _steps(self, seen: Alias) -> list[Callable[[], Result]]:
        """What is left to do, in order; the first that is not done ends it."""
        watched = remaining(self.order.steps, seen, self.order.version)
        steps: list[Callable[[], Result]] = [self._smoke]
        steps += [partial(self._step, weight) for weight in watched]
        steps += [partial(self._warm, 1.0), self._promote]
        if self.order.steps:
            return steps
        return [self._check_alarms, *steps, partial(self._guard, seen.version)]

    def _step(self, weight: float) -> Result:
        """Warm, shift, watch; a canary at that weight is watched on instead of begun anew."""
        order = self.order
        warmed = self._warm(weight)
        if warmed.exit is not Exit.DONE:
            return warmed
        seen = alias.read(self.functions)
        if seen.weights.get(order.version) != weight or _verdict(seen, order.version) is not None:
            shifted = canary(
                self.functions, self.outputs, self.clock, order.version, weight, order.reason,
                order.gate.longest,
            )  # fmt: skip
            self.say(shifted.message)
            if shifted.exit is not Exit.DONE:
                return shifted
        request = replace(order.gate, version=order.version)
        return judge(self.functions, self.monitoring, self.outputs, self.clock, request, self.say)

    def _smoke(self) -> Result:
        """Orders by the version's number; a canary that fails them is ended."""
        order = self.order
        wait_until_made(self.functions, self.clock, order.version, self.say)
        tried = smoke(
            self.functions, self.outputs, self.clock, order.version, order.maximum_init_ms
        )
        self.say(tried.message)
        if tried.exit is not Exit.DONE:
            end_canary(self.functions, self.outputs, self.clock)
        return tried

    def _warm(self, weight: float) -> Result:
        order = self.order
        warmed = warm(
            self.functions, self.monitoring, self.outputs, self.clock, order.version, weight,
            order.maximum_init_ms,
        )  # fmt: skip
        self.say(warmed.message)
        if warmed.exit is not Exit.DONE:
            end_canary(self.functions, self.outputs, self.clock)
        return warmed

    def _promote(self) -> Result:
        order = self.order
        return promote(
            self.functions,
            self.outputs,
            self.clock,
            order.version,
            commit=order.commit,
            pull_request=order.pull_request,
            reason=order.reason if not order.steps else None,
        )

    def _check_alarms(self) -> Result:
        """Breaking the glass obeys alarms: one in ALARM or unreadable forbids it."""
        for alarm in self.monitoring.alarms(self.outputs.release_alarms):
            if alarm.state not in ("OK", "INSUFFICIENT_DATA"):
                raise UsageError(
                    f"{alarm.name} is {alarm.state}: all at once obeys alarms, so mend that first."
                )
        return Result(Exit.DONE, "No alarm stands in the way.")

    def _guard(self, before: str) -> Result:
        """Watch what nobody watched before it went live."""
        order = self.order
        typed = order.gate.typed or Typed("rollout", self.outputs.stack)
        guard = Guard(
            self.functions, self.monitoring, self.outputs, self.clock, self.say, typed,
            order.version, before,
        )  # fmt: skip
        return guard.watch(order.gate.bake, order.gate.poll)


def check_steps(order: Order) -> None:
    """UsageError for shares that are none or do not rise, or a flip that nobody accounts for."""
    if not all(0 < weight < 1 for weight in order.steps):
        raise UsageError("--steps are shares between 0 and 1, such as 0.1,0.5.")
    if list(order.steps) != sorted(set(order.steps)):
        raise UsageError("--steps must rise, such as 0.1,0.5.")
    if not order.steps and not (order.reason or "").strip():
        raise UsageError("The plan all-at-once skips the gate: say why with --reason TEXT.")


def check_time(order: Order) -> None:
    """UsageError where the watches may take longer than there is time."""
    longest = order.longest
    if order.within is not None and longest > order.within:
        raise UsageError(
            f"{len(order.steps) or 1} times {_seconds(order.gate.bake)} of bake time and up to "
            f"{_seconds(order.gate.longest - order.gate.bake)} of patience take "
            f"{_seconds(longest)}, and there are {_seconds(order.within)}: shorten --bake or "
            "--patience, or plan fewer steps."
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
    """What the last step changed, with the alarms as the gate saw them last."""
    last = done[-1].change
    judged = [each.change.alarms for each in done if each.change and "decision" in each.details]
    return replace(last, alarms=judged[-1]) if last and judged else last


def _figures(result: Result) -> dict[str, object]:
    return {"status": result.exit.name.lower(), "message": result.message, **result.details}
