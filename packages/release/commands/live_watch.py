"""`watch`: what was promoted is watched on, and taken back where it does worse than the one before.

Until when, since when and against which version stands in the alias, as part of the promotion's one
write. So whoever looks next, this process or a later one, goes on from there (docs/adr/0019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import amounts

from release.aws.clock import from_text, to_text
from release.commands.rollback import rollback
from release.errors import AliasChangedError, LastingError, UnavailableError, UnfinishedError
from release.gate.judge import ACCEPTED, figures
from release.gate.watch import Plan, describe, read_once
from release.observation import Policy
from release.remedy import Typed
from release.result import Change, Exit, Result
from release.state import alias, ledger
from release.state.fence import fenced
from release.state.insist import SECONDS, insist

if TYPE_CHECKING:
    from datetime import datetime

    from release.context import Release
    from release.gate.watch import Reading
    from release.state.alias import Alias

POLL = 15.0
"""Seconds between two looks."""

MARGIN = 300.0
"""Seconds after its end in which a watch is still its job's own to finish."""


_SAID = {"pass": "promoted, confirmed", "fail": "rolled back", "inconclusive": "not judged"}


@dataclass(frozen=True, slots=True)
class Due:
    """A watch that the alias says is due: over `version`, against the one `before`."""

    version: str
    before: str
    since: datetime
    until: datetime

    def is_abandoned(self, now: datetime) -> bool:
        """Whether its job would have finished it by now."""
        return (now - self.until).total_seconds() > MARGIN


def due(seen: Alias) -> Due | None:
    """The watch that is due to the live version; None without one."""
    noted, before = seen.record.watch, seen.record.previous
    if noted is None or before is None:
        return None
    try:
        since = from_text(noted.since)
    except ValueError:
        return None
    return Due(seen.version, before, since, since + timedelta(seconds=noted.seconds))


def watch_live(release: Release, *, poll: float = POLL, abandoned: bool = False) -> Result:
    """Watch what was promoted until its time is over; roll back where it fails, else confirm it.

    With `abandoned` only one that nobody watches any longer. A write of somebody else's ends it.
    """
    if poll <= 0:
        raise UsageError("--poll must be above 0 seconds.")
    release = replace(release, functions=fenced(release.functions))
    seen = insist(lambda: alias.read(release.functions), release)
    noted = due(seen)
    if noted is None:
        message = f"Nothing is to be watched: {release.outputs.alias} serves version {seen.version}"
        change = Change(seen.version, seen.version, "not read", "nothing to watch")
        return Result(Exit.DONE, f"{message}.", {"watch": None}, change)
    if abandoned and not noted.is_abandoned(release.clock.now()):
        until = to_text(noted.until)
        message = f"Version {noted.version} is watched until {until}: nothing is left to do."
        change = Change(noted.before, noted.version, "not read", "watched")
        return Result(Exit.DONE, message, {"watch": None}, change)
    return LiveWatch(release, noted).run(poll)


@dataclass(frozen=True, slots=True)
class LiveWatch:
    """A watch on its systems; the alias is fenced."""

    release: Release
    due: Due

    def run(self, poll: float) -> Result:
        """Look every `poll` seconds, once at least; alarms or samples that cannot be read at the
        end, or never again, make it inconclusive, and it stays due."""
        try:
            reading = self._watch(poll)
        except AliasChangedError:
            return self._superseded()
        except KeyboardInterrupt:
            self.release.say(f"Version {self.due.version} stays live, and its watch is not over.")
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the watch stays due)
            return self._unwatched(
                str(error) if isinstance(error, UsageError) else f"it broke: {error!r}"
            )
        try:
            if reading.decision.verdict == "fail":
                return self._back(reading)
            blind = _blind(reading)
            return self._unwatched(blind) if blind else self._confirm(reading)
        except AliasChangedError:
            return self._superseded()

    def _watch(self, poll: float) -> Reading:
        """The last look; AliasChangedError as soon as somebody else has written the alias."""
        outputs = self.release.outputs
        policy = self._policy()
        plan = Plan(policy, outputs.release_alarms, 0, poll, restore=False)
        while True:
            self._check()
            reading = read_once(self.release, plan)
            self.release.say(f"After the promotion, {describe(reading, policy)}")
            left = (self.due.until - self.release.clock.now()).total_seconds()
            if reading.decision.verdict == "fail" or left <= 0:
                return reading
            self.release.clock.sleep(min(poll, left))

    def _policy(self) -> Policy:
        outputs, since = self.release.outputs, self.due.since
        return Policy(
            outputs.function, outputs.alias, self.due.version, since, since,
            live=self.due.before, outcomes=outputs.outcomes, accepted=self._accepted(),
            follows=True, until=self.due.until,
        )  # fmt: skip

    def _accepted(self) -> str | None:
        """Why a person took its rejections when the gate judged it; None where nobody did."""
        functions = self.release.functions
        try:
            linked = ledger.read(functions, alias.read(functions))
        except UnavailableError:
            return None
        reasons = (e.reason for e in linked if e.kind == "gate" and e.version == self.due.version)
        last = next(reasons, None) or ""
        return last.removeprefix(ACCEPTED) if last.startswith(ACCEPTED) else None

    def _check(self) -> None:
        try:
            alias.read(self.release.functions)
        except LastingError:
            raise
        except UnavailableError:
            pass  # a look that cannot ask is no proof of change

    def _confirm(self, reading: Reading) -> Result:
        """Note in the alias that the watch is over."""
        due, functions = self.due, self.release.functions
        try:
            insist(lambda: alias.end_watch(functions, alias.read(functions)), self.release)
        except (UnavailableError, UnfinishedError) as error:
            return self._unwatched(f"that nothing speaks against it could not be noted: {error}")
        seconds = amounts.number((due.until - due.since).total_seconds(), "s")
        count = reading.samples.candidate.invocations if reading.samples else 0
        return self._told(
            Exit.DONE,
            f"Version {due.version} is confirmed: nothing in {seconds} after its promotion, with "
            f"{amounts.count(count)} samples, speaks for version {due.before}.",
            "pass",
            reading,
        )

    def _back(self, reading: Reading) -> Result:
        """Roll back, for as long as the watch was to last and some minutes at least."""
        due, why = self.due, f"after the promotion, {'; '.join(reading.decision.reasons)}"
        left = (due.until - self.release.clock.now()).total_seconds()
        try:
            insist(
                lambda: rollback(self.release, due.before, reason=why),
                self.release,
                max(left, SECONDS),
            )
        except (UsageError, UnfinishedError) as error:
            again = self._typed("rollback", "--version", due.before)
            said = (
                f"Version {due.version} fails: {why}, and {self.release.outputs.alias} could not "
                f"be put back ({error}): it serves version {due.version}. `{again}` goes back."
            )
            return self._told(Exit.FAIL, said, "fails", reading)
        said = f"Version {due.version} fails: {why}: rolled back to version {due.before}."
        return self._told(Exit.FAIL, said, "fail", reading, restored=True)

    def _unwatched(self, why: str) -> Result:
        """Nobody can say how it does."""
        due = self.due
        return self._told(
            Exit.INCONCLUSIVE,
            f"Version {due.version} is live, and nobody knows how it does: {why.rstrip('.')}.",
            "inconclusive",
            remedy=f"`{self._typed('watch')}` looks again; "
            f"`{self._typed('rollback', '--version', due.before)}` goes back.",
        )

    def _superseded(self) -> Result:
        return self._told(
            Exit.FAIL,
            f"{self.release.outputs.alias} was changed by somebody else in between, which ends the "
            f"watch over version {self.due.version}: look at `status`.",
            "alias changed by somebody else",
        )

    def _typed(self, session: str, *options: str) -> str:
        return Typed(session, self.release.outputs.place, options).again()

    def _told(
        self,
        status: Exit,
        message: str,
        decision: str,
        reading: Reading | None = None,
        *,
        restored: bool = False,
        remedy: str | None = None,
    ) -> Result:
        due, samples = self.due, reading.samples if reading else None
        alarms = reading.alarms if reading else ()
        moved = (due.version, due.before) if restored else (due.before, due.version)
        counted = figures(samples) if samples else None
        details = {
            "decision": decision,
            "reasons": list(reading.decision.reasons) if reading else [],
            "version": due.version,
            "against": due.before,
            "until": to_text(due.until),
            "samples": counted.samples if counted else None,
            "errors": counted.errors if counted else None,
            "beforeSamples": counted.live_samples if counted else None,
            "beforeErrors": counted.live_errors if counted else None,
            "restored": restored,
        }
        states = ", ".join(f"{alarm.name}: {alarm.state}" for alarm in alarms) or "not read"
        change = Change(*moved, states, _SAID.get(decision, decision))
        return Result(status, message, {"watch": details}, change, remedy=remedy)


def _blind(reading: Reading) -> str:
    """What could not be seen, empty if nothing."""
    unread = [alarm.name for alarm in reading.alarms if alarm.state in ("ABSENT", "UNREADABLE")]
    unread += [] if reading.samples else ["its samples"]
    return f"{', '.join(unread)} could not be read" if unread else ""
