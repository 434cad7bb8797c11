"""Far more events than the reserved concurrency serves: refused ones are told, none is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.drills.bystander import Bystander
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

CALM_RATE, STORM_RATE = 15.0, 320.0
STORM_SECONDS = 8.0
CALM_SECONDS = 2.0
"""So long without a refusal is calm again."""


def run(env: DrillEnvironment) -> Observation:
    """Raise the offered load for a while, then wait until all is as before."""
    alarm = next(name for name in env.outputs["releaseAlarmNames"] if "throttles" in name)
    callers = env.callers
    with Bystander(env) as bystander:
        env.inject(lambda: setattr(callers, "rate", STORM_RATE))
        detected = env.alarmed(alarm)
        time.sleep(max(0.0, STORM_SECONDS - env.seconds()))
        callers.rate = CALM_RATE
        storm = env.seconds()
        env.until(f"{alarm} OK again", lambda: env.alarm(alarm) == "OK")
        env.until(
            "events served without a refusal",
            lambda: not callers.since(time.time() - CALM_SECONDS, "throttled"),
        )
        recovered = env.until("every accepted event recorded", lambda: not env.missing())
    if bystander.refused:
        raise StepError(f"{bystander.refused} calls of another function were refused")
    return Observation(_words(env, storm, bystander.served), detected, recovered)


def _words(env: DrillEnvironment, storm: float, bystanders: int) -> str:
    answers = env.callers.since(env.struck_at)
    refused = [answer for answer in answers if answer.outcome == "throttled"]
    reasons = {answer.reason or "" for answer in refused}
    return (
        f"{len(refused)} of {len(answers)} attempts were told 429 "
        f"({', '.join(sorted(reasons))}); the alarm rose and cleared; another function was served "
        f"{bystanders} of {bystanders} times; calm {amounts.seconds(env.seconds() - storm)} "
        "after the storm"
    )


DRILL = Drill(
    name="throttle-storm",
    claim=(
        "Traffic beyond the capacity is refused with 429, loses no event, and leaves other "
        "functions alone"
    ),
    fault=(
        f"{amounts.rate(STORM_RATE)} for {amounts.number(STORM_SECONDS)} s where 5 "
        "concurrent executions serve about 70"
    ),
    run=run,
    needs=Needs(
        time_scale=60.0,
        storage_latency_ms=60,
        rate=CALM_RATE,
        config={"releaseThrottlePercent": "50"},
    ),
)
