"""What a drill is, and what makes its claim proved. Pure values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rehearsal.drills.needs import Needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.drills.environment import DrillEnvironment


@dataclass(frozen=True, slots=True)
class Observation:
    """What a drill saw. Seconds count from the injected fault to when it was noticed by what must
    notice it, and to when callers were served as before.
    """

    seen: str
    detect_seconds: float
    recover_seconds: float


@dataclass(frozen=True, slots=True)
class Drill:
    """A claim, and the fault that would disprove it.

    `run` lets the fault happen in an environment whose callers are sending already and returns what
    it saw; it raises `StepError` where the claim does not hold. What became of every event is
    counted afterwards: any end that is not in `ends` disproves the claim as well.
    """

    name: str
    claim: str
    fault: str
    run: Callable[[DrillEnvironment], Observation]
    needs: Needs = field(default_factory=Needs)
    ends: frozenset[str] = frozenset({"confirmed", "throttled", "failed"})


@dataclass(frozen=True, slots=True)
class Row:
    """A drill's outcome. `events` counts them by their end, None where it was not reached."""

    drill: Drill
    observation: Observation | None
    events: Mapping[str, int] | None
    seconds: float
    why: str = ""
    """Where the drill itself saw the claim fail: one sentence."""

    @property
    def lost(self) -> int | None:
        """Events that were accepted and are nowhere, or whose end could not be seen."""
        if self.events is None:
            return None
        return self.events["lost"] + self.events["unverified"]

    @property
    def objection(self) -> str:
        """Why the claim is not proved, or an empty text."""
        if self.why or self.observation is None:
            return self.why or "The drill saw nothing."
        if self.events is None:
            return "The events were not reconciled."
        if not self.events["sent"]:
            return "No event was sent."
        wrong = {
            end: number
            for end, number in self.events.items()
            if number and end != "sent" and end not in self.drill.ends
        }
        if wrong:
            return "Events " + ", ".join(f"{end}: {number}" for end, number in wrong.items()) + "."
        return ""

    @property
    def proved(self) -> bool:
        """Whether the fault was seen and mended, and every event has an end that it may have."""
        return not self.objection
