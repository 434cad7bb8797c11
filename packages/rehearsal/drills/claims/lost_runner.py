"""A release whose runner is lost leaves a canary that is reported, and that the next one judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.drills.refusal import begin, refused, start
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment


def run(env: DrillEnvironment) -> Observation:
    """Kill a rollout while a bad canary has traffic; repeat it as the next run of the job does."""
    version, rollout = begin(env, "bad-release")
    env.inject(rollout.child.process.kill)
    if rollout.child.wait(60) == 1:
        raise StepError("the rollout was not killed: it ended by itself")
    told = env.release("status", status=None)
    detected = env.seconds()
    if version not in told.result["weights"]:
        raise StepError(f"status does not tell of the canary: {told.said}")
    refusal = refused(env, version, start(env, version))
    return Observation(
        f"status tells of version {version} with {amounts.weight(told.result['weights'][version])} "
        f"of the traffic; the same rollout again went on with it. {refusal.why}",
        detected,
        refusal.seconds,
    )


DRILL = Drill(
    name="lost-runner",
    claim="A release whose runner is lost is reported, and the next run judges what it left",
    fault="the process is killed while a bad candidate has traffic",
    run=run,
    needs=Needs(rate=40.0),
    ends=frozenset({"confirmed", "throttled", "failed", "deadLettered"}),
)
