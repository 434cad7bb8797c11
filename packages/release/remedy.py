"""What gets a release further that nobody could judge: each cause has a command.

A verdict that is inconclusive cannot be made without its remedy, and a result with exit status 3
cannot be made without the sentence: `gate.Decision` and `result.Result` see to that.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Remedy(IntEnum):
    """What to do, the most pressing first: without the first, the later ones would not help."""

    STATUS = 1
    """Look: somebody else changed the alias, or an alarm rose before the canary began."""
    DEPLOY = 2
    """Deploy: an alarm is missing or watches another version."""
    END_CANARY = 3
    """End the canary by hand: it could not be taken back."""
    WAIT = 4
    """Wait: an alarm or a suspicion needs time and traffic."""
    SAMPLES = 5
    """Send synthetic traffic: more samples are all that is missing."""
    REPEAT = 6
    """Begin again: it was interrupted."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as a person types it: `nox -s SESSION -- STACK [SERVICE] OPTIONS`."""

    session: str
    place: Sequence[str]
    """The stack, and the service where there are several."""
    options: Sequence[str] = ()

    def again(self, *further: str) -> str:
        """The same with further options, which prevail over earlier ones."""
        return self.other(self.session, *self.options, *further)

    def other(self, session: str, *options: str) -> str:
        """Another command on the same stack."""
        return shlex.join(["nox", "-s", session, "--", *self.place, *options])


def sentence(remedy: Remedy, typed: Typed, first: str = "", patience: float = 0.0) -> str:
    """Say what to type next.

    `first` is what has to precede the same command, such as a canary that was ended. `patience` is
    how long it was waited for (seconds), 0 where it was not.
    """
    longer = () if not patience else ("--patience", f"{2 * patience:g}")
    synthetic = first + typed.again("--on-inconclusive", "synthetic", *longer)
    wait = first + typed.again("--on-inconclusive", "wait", *longer)
    again = first + typed.again()
    return {
        Remedy.STATUS: f"`{typed.other('status')}` shows what stands in the way; once that is "
        f"settled: `{again}`.",
        Remedy.DEPLOY: f"`{typed.other('deploy')}` makes the alarms watch the version that it "
        f"deploys; then: `{again}`.",
        Remedy.END_CANARY: f"`{typed.other('rollback', '--canary-only')}` ends the canary.",
        Remedy.WAIT: f"`{wait}` gives it time.",
        Remedy.SAMPLES: f"`{synthetic}` sends synthetic traffic where customers send too little.",
        Remedy.REPEAT: f"`{again}` begins again.",
    }[remedy]
