"""A rollout that has to end with the candidate refused, as the release drills have it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

BAKE_SECONDS = "12"
LONGEST_SECONDS = 90.0
LIVE = "1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """When the alias was back on the live version alone (seconds from the fault), and why."""

    candidate: str
    seconds: float
    why: str


def roll_out(env: DrillEnvironment, candidate: str) -> Refusal:
    """Roll a bad candidate out by the stack's plan, as the workflow does, until it is refused.

    The fault is its first share of the traffic. Raises StepError where it is not refused.
    """
    version = env.deploy_candidate(candidate)
    rollout = env.start_release(
        "rollout", "--version", version, "--poll", "0.5",
        "--bake", BAKE_SECONDS, "--on-inconclusive", "wait", "--patience", BAKE_SECONDS,
    )  # fmt: skip
    env.until("the canary", lambda: version in env.alias().shares())
    env.inject(lambda: None)
    try:
        rollout.child.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise StepError(
            f"the rollout did not end within {amounts.number(LONGEST_SECONDS)} s"
        ) from error
    refused = rollout.result
    if rollout.status != 1:
        raise StepError(f"the candidate was not refused: {rollout.said}")
    return Refusal(version, env.seconds_to_alias({LIVE: 1.0}), str(refused["message"]))
