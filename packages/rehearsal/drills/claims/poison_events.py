"""Events that fail every time are kept in the DLQ, and done once the fault is mended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.drills.environment import DrillEnvironment

POISONED_SECONDS = 6.0
REDRIVE_RATE = "50"
ERROR = "RuntimeError"
"""What the broken version raises. The service keeps its message back, which may quote an event."""


def run(env: DrillEnvironment) -> Observation:
    """Let one event in fifteen fail for ever, mend it, and replay what was kept."""
    alarm = env.alarm_on("ApproximateNumberOfMessagesVisible")
    broken = env.deploy_candidate("poison-events" if env.faulty else "good-release")
    env.inject(lambda: env.release("promote", "--version", broken, "--reason", "for the drill"))
    detected = env.alarmed(alarm)
    time.sleep(max(0.0, POISONED_SECONDS - env.seconds()))
    env.release("rollback")
    env.until(
        "every accepted event recorded or dead-lettered",
        lambda: len(env.missing()) <= env.dlq_messages(),
    )
    messages = env.release("redrive", "--list").result["messages"]
    unexplained = [each for each in messages if not _explained(env, each)]
    if unexplained:
        raise StepError(f"{len(unexplained)} of {len(messages)} DLQ messages lead to no error")
    redriven = env.release("redrive", "--rate", REDRIVE_RATE).result
    if redriven["confirmed"] != len(messages):
        raise StepError(f"{redriven['confirmed']} of {len(messages)} DLQ messages were confirmed")
    again = env.release("redrive", "--rate", REDRIVE_RATE).result
    recovered = env.until(f"{alarm} OK again", lambda: env.alarm(alarm) == "OK")
    return Observation(
        f"{len(messages)} events were kept, each led to its {ERROR} in the log by its request id; "
        f"rolled back and redriven, all were confirmed; a second redrive found {again['deleted']}",
        detected,
        recovered,
    )


def _explained(env: DrillEnvironment, message: Mapping[str, str | None]) -> bool:
    """Whether the message's attributes lead to what happened, as the runbook has it."""
    if not message["requestId"] or not message["errorMessage"]:
        return False
    found = env.client("logs").filter_log_events(
        logGroupName=env.outputs["logGroupName"], filterPattern=f'"{message["requestId"]}"'
    )
    return any(ERROR in event["message"] for event in found["events"])


DRILL = Drill(
    name="poison-events",
    claim="An event that always fails is kept with its error, and processed once after the fix",
    fault="a live version that fails on one event in fifteen, every time",
    run=run,
    needs=Needs(time_scale=60.0, concurrency=10, rate=40.0, asynchronous=0.5),
)
