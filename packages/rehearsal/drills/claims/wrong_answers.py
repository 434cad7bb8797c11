"""A release that turns real events away, with answers and without an error, never stays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.drills.refusal import roll_out

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

SETTLE_SECONDS = 2.0


def run(env: DrillEnvironment) -> Observation:
    """Roll the candidate out, and see that the rejections end with it."""
    refusal = roll_out(env, "rejects-new-articles" if env.faulty else "good-release")
    time.sleep(SETTLE_SECONDS)
    rejected = env.callers.since(env.struck_at, "rejected")
    by = sorted({answer.executed_version or "" for answer in rejected})
    return Observation(
        f"{len(rejected)} events were rejected, all by version {', '.join(by)}, none failed. "
        f"{refusal.why}",
        refusal.seconds,
        max(refusal.seconds, env.last("rejected")),
    )


DRILL = Drill(
    name="wrong-answers",
    claim="A version that rejects good events is noticed and taken back, with nobody involved",
    fault="a candidate that passes every probe and rejects most real events gets its first share",
    run=run,
    # Synchronous alone: what nobody waits for and the function rejects is gone without a trace.
    needs=Needs(rate=40.0, asynchronous=0.0),
    # An event that is good and was rejected has failed.
    ends=frozenset({"confirmed", "throttled", "failed", "rejected"}),
)
