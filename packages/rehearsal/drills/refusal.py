"""A rollout that has to end with the candidate refused, as the release drills have it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.stage import Stage

BAKE_SECONDS = "12"
LONGEST_SECONDS = 90.0
LIVE = "1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """When the alias was back on the live version alone (seconds from the fault), and why."""

    candidate: str
    seconds: float
    why: str


def roll_out(stage: Stage, candidate: str, weight: str) -> Refusal:
    """Roll a bad candidate out, as the workflow does, until it is refused.

    The fault is its first share of the traffic. Raises StepError where it is not refused.
    """
    version = stage.deploy(candidate)
    rollout, result = stage.start_release(
        "rollout", "--version", version, "--steps", weight, "--poll", "0.5",
        "--bake", BAKE_SECONDS, "--on-inconclusive", "wait", "--patience", BAKE_SECONDS,
    )  # fmt: skip
    stage.until("the canary", lambda: version in stage.alias().shares())
    stage.inject(lambda: None)
    try:
        rollout.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise StepError(
            f"the rollout did not end within {amounts.number(LONGEST_SECONDS)} s"
        ) from error
    refused = stage.result(result)
    if rollout.process.returncode != 1:
        raise StepError(f"the candidate was not refused: {rollout.last_line}")
    return Refusal(version, stage.seconds_to_alias({LIVE: 1.0}), str(refused["message"]))
