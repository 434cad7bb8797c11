"""Events that fail every time are kept as dead letters, and done once the fault is mended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Needs, Observation
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.drills.stage import Stage

POISONED_SECONDS = 6.0
REDRIVE_RATE = "50"
ERROR = "RuntimeError"
"""What the broken version raises. The service keeps its message back, which may quote an order."""


def run(stage: Stage) -> Observation:
    """Let one order in fifteen fail for ever, mend it, and replay what was kept."""
    alarm = stage.alarm_on("ApproximateNumberOfMessagesVisible")
    broken = stage.deploy("dead-letters" if stage.faulty else "good-release")
    stage.inject(lambda: stage.release("promote", "--version", broken, "--reason", "for the drill"))
    detected = stage.alarmed(alarm)
    time.sleep(max(0.0, POISONED_SECONDS - stage.seconds()))
    stage.release("rollback")
    stage.until(
        "every accepted order recorded or dead-lettered",
        lambda: len(stage.missing()) <= stage.dead_letters(),
    )
    letters = stage.release("redrive", "--list")["messages"]
    unexplained = [each for each in letters if not _explained(stage, each)]
    if unexplained:
        raise StepError(f"{len(unexplained)} of {len(letters)} dead letters lead to no error")
    redriven = stage.release("redrive", "--rate", REDRIVE_RATE)
    if redriven["confirmed"] != len(letters):
        raise StepError(f"{redriven['confirmed']} of {len(letters)} dead letters were confirmed")
    again = stage.release("redrive", "--rate", REDRIVE_RATE)
    recovered = stage.until(f"{alarm} OK again", lambda: stage.alarm(alarm) == "OK")
    return Observation(
        f"{len(letters)} events were kept, each led to its {ERROR} in the log by its request id; "
        f"rolled back and redriven, all were confirmed; a second redrive found {again['deleted']}",
        detected,
        recovered,
    )


def _explained(stage: Stage, letter: Mapping[str, str | None]) -> bool:
    """Whether the letter's attributes lead to what happened, as the runbook has it."""
    if not letter["requestId"] or not letter["deadLetterError"]:
        return False
    found = stage.client("logs").filter_log_events(
        logGroupName=stage.outputs["logGroupName"], filterPattern=f'"{letter["requestId"]}"'
    )
    return any(ERROR in event["message"] for event in found["events"])


DRILL = Drill(
    name="poison-orders",
    claim="An event that always fails is kept with its error, and done once after the mend",
    fault="a live version that fails on one order in fifteen, every time",
    run=run,
    needs=Needs(time_scale=60.0, slots=10, rate=40.0, asynchronous=0.5),
)
