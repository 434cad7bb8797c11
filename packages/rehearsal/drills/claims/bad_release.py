"""A release that fails on one event in five never stays: the gate takes it back by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.callers.callers import FAILED
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.drills.refusal import roll_out

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

SETTLE_SECONDS = 2.0


def run(env: DrillEnvironment) -> Observation:
    """Roll the candidate out, and see that failures end with it."""
    refusal = roll_out(env, "bad-release" if env.faulty else "good-release")
    time.sleep(SETTLE_SECONDS)
    recovered = max(refusal.seconds, env.last(*FAILED))
    failures = env.callers.since(env.struck_at, *FAILED)
    failed_by = sorted({answer.executed_version or "" for answer in failures})
    return Observation(
        f"{len(failures)} events failed, all by version {', '.join(failed_by)}. {refusal.why}",
        refusal.seconds,
        recovered,
    )


DRILL = Drill(
    name="bad-release",
    claim="A version that fails is noticed and taken back, with nobody involved",
    fault="a candidate that fails on one event in five gets its first share of the traffic",
    run=run,
    needs=Needs(rate=40.0),
    # An event that the candidate fails three times over waits in the DLQ.
    ends=frozenset({"confirmed", "throttled", "failed", "deadLettered"}),
)
