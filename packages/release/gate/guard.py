"""The watch over a version that went live all at once: the first alarm takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import UsageError

from release.errors import LastingError, UnavailableError, UnfinishedError
from release.gate.decision import watches_candidate
from release.observation import Policy
from release.result import Exit, Result
from release.rollback import rollback
from release.state.insist import SECONDS, insist

if TYPE_CHECKING:
    from release.context import Release
    from release.observation import Alarm
    from release.remedy import Typed


@dataclass(frozen=True, slots=True)
class Guard:
    """Watches `version`, which is live; `before` was, and is gone back to."""

    release: Release
    typed: Typed
    version: str
    before: str

    def watch(self, bake: float, poll: float) -> Result:
        """Look every `poll` seconds for `bake` seconds; alarms that cannot be read at the end, or
        never again, make it inconclusive.
        """
        began = self.release.clock.now()
        policy = Policy(
            self.release.outputs.function, self.release.outputs.alias, self.version, began, began
        )
        end = self.release.clock.monotonic() + bake
        while True:
            try:
                alarms, blind = self._look()
            except LastingError as error:
                return self._unwatched(str(error))
            left = end - self.release.clock.monotonic()
            for alarm in alarms:
                fresh = alarm.changed_at is None or alarm.changed_at >= began
                if alarm.state == "ALARM" and fresh and watches_candidate(alarm, policy):
                    return self._back(f"{alarm.name} is in ALARM", left)
            if left <= 0:
                break
            self.release.clock.sleep(min(poll, left))
        if blind:
            return self._unwatched(blind)
        return Result(Exit.DONE, f"Version {self.version} is live; no alarm rose.")

    def _look(self) -> tuple[tuple[Alarm, ...], str]:
        """The alarms, and why they are not all known, if so; LastingError as it comes."""
        try:
            alarms = self.release.monitoring.alarms(self.release.outputs.release_alarms)
        except LastingError:
            raise
        except UnavailableError as error:
            return (), str(error)
        unread = [alarm.name for alarm in alarms if alarm.state in ("ABSENT", "UNREADABLE")]
        return alarms, f"{', '.join(unread)} could not be read." if unread else ""

    def _back(self, why: str, left: float) -> Result:
        """Roll back, for as long as the watch was to last and some minutes at least."""
        details = {"decision": "fail", "reasons": [why], "restored": True}
        try:
            insist(
                lambda: rollback(self.release, self.before, reason=why),
                self.release,
                max(left, SECONDS),
            )
        except (UsageError, UnfinishedError) as error:
            again = self.typed.other("rollback", "--version", self.before)
            return Result(
                Exit.FAIL,
                f"{why}, and {self.release.outputs.alias} could not be put back ({error}): it "
                f"serves version {self.version}. `{again}` goes back.",
                {**details, "restored": False},
            )
        return Result(Exit.FAIL, f"{why}: rolled back to version {self.before}.", details)

    def _unwatched(self, why: str) -> Result:
        """Nobody can say whether an alarm rose."""
        back = self.typed.other("rollback", "--version", self.before)
        return Result(
            Exit.INCONCLUSIVE,
            f"Version {self.version} is live, and nobody knows whether an alarm rose: {why}",
            {"decision": "inconclusive", "reasons": [why], "restored": False},
            remedy=f"`{self.typed.other('status')}` shows the alarms; `{back}` goes back.",
        )
