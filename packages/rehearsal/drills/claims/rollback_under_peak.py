"""A rollback while traffic peaks takes seconds and costs the traffic next to nothing.

That holds while the environments of the version before are still warm, as they are for minutes
after a release. Later each starts cold: docs/runbooks/rollback-under-peak.md has the price.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.callers.callers import FAILED
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError
from rehearsal.traffic_shift import attempts, measurement, warm_environments

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

PEAK_RATE, CONCURRENCY = 50.0, 8
"""Sized as `nox -s plan` does it: at 60 ms each the peak has 1 % of its events refused."""
CALM_SECONDS = 5.0
"""Before a shift, and beyond the seconds that the one before it may have disturbed: what the load
itself makes of the throttle share."""
ROLLBACK_SECONDS = 10.0
FURTHER = 2
"""Rollbacks more, at most, where one alone does not decide what it cost: on a busy machine the
refusals scatter."""


def run(env: DrillEnvironment) -> Observation:
    """Let a bad version go live at the peak, hear the alarm, go back, and look at the throttles."""
    alarm = env.alarm_on("Errors")
    bad = env.deploy_candidate("bad-release")
    env.inject(lambda: env.release("promote", "--version", bad, "--reason", "for the drill"))
    detected = env.until(f"{alarm} in ALARM", lambda: env.alarm(alarm) == "ALARM")
    time.sleep(max(0.0, measurement.WINDOW_SECONDS + CALM_SECONDS - env.seconds()))
    began = time.time()
    env.release("rollback", "--reason", f"{alarm} is in ALARM")
    took = time.time() - began
    back = env.seconds_to_alias({"1": 1.0})
    time.sleep(measurement.WINDOW_SECONDS)
    failed = env.callers.since(env.struck_at, *FAILED)
    recovered = max(back, env.last(*FAILED))
    if took > ROLLBACK_SECONDS or recovered - back > ROLLBACK_SECONDS:
        raise StepError(
            f"the rollback took {amounts.seconds(took)}, the last failure came "
            f"{amounts.seconds(recovered - back)} later"
        )
    return Observation(
        f"{len(failed)} events failed until the rollback, which took {amounts.seconds(took)}; "
        "the last came "
        f"{amounts.seconds(recovered - back)} after it. {_cost(env, bad, began)}",
        detected,
        recovered,
    )


def _cost(env: DrillEnvironment, bad: str, began: float) -> str:
    """What the rollbacks' shifts cost the traffic; StepError unless it was within the budget."""
    verdict, said = _judge(env, began)
    for _ in range(FURTHER):
        if verdict == "undecided":
            env.release("promote", "--version", bad, "--reason", "to go back once more")
            time.sleep(measurement.WINDOW_SECONDS + CALM_SECONDS)
            env.release("rollback", "--reason", "to measure what it costs")
            time.sleep(measurement.WINDOW_SECONDS)
            verdict, said = _judge(env, began)
    if verdict != "within":
        raise StepError(said)
    return said[:1].upper() + said[1:]


def _judge(env: DrillEnvironment, began: float) -> tuple[measurement.Verdict, str]:
    # From when the callers were served warm: how cold the stack began says nothing of its noise.
    tried = [
        attempt
        for attempt in attempts.read(env.run_log)
        if attempt.at >= env.struck_at - CALM_SECONDS
    ]
    expected = warm_environments.expected_refusals(tried, env.needs.concurrency)
    costs = measurement.shift_costs(tried, expected, env.watcher.moves)
    back = [c for c in costs if c.at > began - CALM_SECONDS and c.shares == {"1": 1.0}]
    return measurement.judge(back, began)


DRILL = Drill(
    name="rollback-under-peak",
    claim=(
        "Rolling back at the peak takes seconds, loses no event, and adds at most 5 points of "
        "throttling"
    ),
    fault=f"a version that fails on one event in five goes live at {amounts.rate(PEAK_RATE)}",
    run=run,
    needs=Needs(time_scale=60.0, rate=PEAK_RATE, concurrency=CONCURRENCY),
    ends=frozenset({"confirmed", "throttled", "failed", "deadLettered"}),
)
