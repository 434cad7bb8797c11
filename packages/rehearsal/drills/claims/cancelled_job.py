"""A release whose job is cancelled takes its canary back before it ends."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.refusal import LIVE, begin
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

PATIENCE_SECONDS = 7.5
"""After so long GitHub's runner sends SIGTERM: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation."""


def run(env: DrillEnvironment) -> Observation:
    """Interrupt a rollout while its canary has traffic, as the runner interrupts a job."""
    version, rollout = begin(env, "good-release")
    env.watcher.sample()  # the canary may be over before it looks by itself
    process = rollout.child.process
    env.inject(lambda: os.kill(process.pid, signal.SIGINT))
    status = rollout.child.wait(PATIENCE_SECONDS)
    detected = env.seconds()
    if status == 0:
        raise StepError("the rollout ended as if nobody had cancelled it")
    recovered = env.seconds_to_alias({LIVE: 1.0})
    env.release("ledger")
    return Observation(
        f"the rollout of version {version} ended with {status}, and took its canary back: "
        f"the alias serves version {LIVE} alone, as the ledger says",
        detected,
        recovered,
    )


DRILL = Drill(
    name="cancelled-job",
    claim="A release that is cancelled takes its canary back before it ends",
    fault="the job is interrupted, as GitHub cancels it, while the candidate has traffic",
    run=run,
)
