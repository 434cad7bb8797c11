"""A release that answers correctly but slowly never stays either."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.drills.refusal import roll_out
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

SETTLE_SECONDS = 2.0


def run(env: DrillEnvironment) -> Observation:
    """Roll the candidate out, and see that slow answers end with it."""
    refusal = roll_out(env, "slow" if env.faulty else "good-release")
    time.sleep(SETTLE_SECONDS)
    slow = [
        answer
        for answer in env.callers.since(env.struck_at, "confirmed", invocation="sync")
        if answer.executed_version == refusal.candidate
    ]
    if not slow:
        raise StepError("the candidate answered nobody")
    usual = sorted(answer.done_at - answer.sent_at for answer in slow)[len(slow) // 2]
    last = max(answer.done_at for answer in slow) - env.struck_at
    return Observation(
        f"{len(slow)} events took {amounts.milliseconds(usual * 1000)} in the middle. "
        f"{refusal.why}",
        refusal.seconds,
        max(refusal.seconds, last),
    )


DRILL = Drill(
    name="slow-release",
    claim="A version that is correct but slow is noticed and taken back, with nobody involved",
    fault="a candidate that takes 0.4 s longer gets its first share of the traffic",
    run=run,
    needs=Needs(rate=40.0, concurrency=20),
)
