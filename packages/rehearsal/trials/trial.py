"""Trials of candidates at the gate: one emulated AWS and one stack for many of them.

Each candidate is built, deployed and rolled out under traffic by the commands that a person would
type; what counts is whether the alias serves it alone afterwards.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from reporting import amounts, terminal

from rehearsal.callers.callers import Callers, Manners
from rehearsal.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.processes import Children

    from rehearsal.settings import Settings

RATE = 90.0
"""Events a second, of which the candidate gets what the shipped plan says."""

SLOTS = 30
"""Reserved concurrency: some of it stays free, for a sample is a synthetic event where live traffic
brings too few, as in the workflow."""

BAKE, PATIENCE, SYNTHETIC_RATE = 30, 120, 60
"""The workflow's ten minutes, compressed; patience is longer, for machines that are busy. A fault
that only real events meet, one of thirty, shows in some 240 of them: by chance it would hide in one
release of three thousand."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one candidate. `samples` of it were seen before the decision."""

    candidate: str
    good: bool
    seed: int
    version: str
    promoted: bool
    refused_by: str
    why: str
    samples: int
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the good one went live, or the bad one did not."""
        return self.promoted == self.good


class Trials:
    """The emulated AWS and the stack on it; candidates one after the other."""

    def __init__(self, settings: Settings, rate: float, children: Children) -> None:
        self._rate = rate
        self._stack = Stack(settings, children)

    def prepare(self) -> None:
        """Start the emulator and deploy version 1, which is live at once."""
        self._stack.start()
        self._deploy("first", None)

    def offer(self, candidate: str) -> None:
        """Build and deploy a candidate."""
        self._deploy(candidate, candidate)

    def _deploy(self, name: str, candidate: str | None) -> None:
        self._stack.build_candidate(name, candidate)
        self._stack.deploy(self._stack.path(name), reservedConcurrency=SLOTS)

    def run(self, candidate: str, seed: int, *, good: bool, reason: str | None = None) -> Trial:
        """Roll the candidate that was offered last out under traffic, then put the alias back."""
        began = time.monotonic()
        stack = self._stack
        version, live = stack.candidate, stack.alias().version
        target, service = (stack.function, stack.alias_name), stack.settings.service
        with Callers(stack.environment, target, service, Manners(self._rate), seed):
            result = self._roll_out(version, reason)
        shares = stack.alias().shares()
        if version in shares:
            stack.release("rollback", "--version", live, "--reason", "a trial")
        steps = result.get("steps") or []
        return Trial(
            candidate,
            good,
            seed,
            version,
            shares == {version: 1},
            _last_step(steps[-1] if steps else result),
            str(result.get("message", "")),
            max((int(step.get("samples") or 0) for step in steps), default=0),
            round(time.monotonic() - began, 1),
        )

    def _roll_out(self, version: str, reason: str | None) -> dict[str, Any]:
        more = ("--on-inconclusive", "synthetic", "--synthetic-rate", str(SYNTHETIC_RATE))
        rollout = self._stack.release(
            *("rollout", "--version", version, "--poll", "1", "--bake", str(BAKE)),
            *(*more, "--patience", str(PATIENCE)),
            *(("--reason", reason) if reason else ()),
            status=None,
        )
        return rollout.result


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """The figures, and every trial."""
    bad, good = [t for t in trials if not t.good], [t for t in trials if t.good]
    return {
        "bad": len(bad),
        "badPromoted": sum(trial.promoted for trial in bad),
        "good": len(good),
        "goodRefused": sum(not trial.promoted for trial in good),
        "trials": [asdict(trial) for trial in trials],
    }


def table(trials: Sequence[Trial]) -> str:
    """One line per candidate."""
    width = max((len(trial.candidate) for trial in trials), default=0)
    lines = [
        f"{'ok ' if trial.right else 'NOT'}  {trial.candidate:<{width}}  "
        f"{'promoted' if trial.promoted else 'refused by ' + trial.refused_by:<18}  "
        f"{amounts.seconds(trial.seconds):>6}  {amounts.count(trial.samples):>5} samples  "
        f"{trial.why}"
        for trial in trials
    ]
    columns = terminal.width()
    return "\n".join(part for line in lines for part in terminal.wrapped(line, columns, indent=5))


def _last_step(step: dict[str, object]) -> str:
    """Which step of a rollout said the last word."""
    if "decision" in step:
        return "gate"
    if "usedConcurrency" in step:
        return "warm"
    return "smoke" if "executedVersion" in step else "promote"
