"""A rollout that has to end with the candidate refused, as the release drills have it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment
    from rehearsal.stack import Released

BAKE_SECONDS = "12"
LONGEST_SECONDS = 90.0
LIVE = "1"


@dataclass(frozen=True, slots=True)
class Refusal:
    """When the alias was back on the live version alone (seconds from the fault), and why."""

    candidate: str
    seconds: float
    why: str


def begin(env: DrillEnvironment, candidate: str) -> tuple[str, Released]:
    """Deploy a candidate and begin to roll it out; return its version, once it is the canary."""
    version = env.deploy_candidate(candidate)
    rollout = start(env, version)
    env.until("the canary", lambda: version in env.alias().shares())
    return version, rollout


def start(env: DrillEnvironment, version: str) -> Released:
    """Roll a version out by the stack's plan, as the workflow does."""
    return env.start_release(
        "rollout", "--version", version, "--poll", "0.5",
        "--bake", BAKE_SECONDS, "--on-inconclusive", "wait", "--patience", BAKE_SECONDS,
    )  # fmt: skip


def roll_out(env: DrillEnvironment, candidate: str) -> Refusal:
    """Roll a bad candidate out until it is refused.

    The fault is its first share of the traffic. Raises StepError where it is not refused.
    """
    version, rollout = begin(env, candidate)
    env.inject(lambda: None)
    return refused(env, version, rollout)


def refused(env: DrillEnvironment, version: str, rollout: Released) -> Refusal:
    """Wait until a rollout has refused its candidate. Raises StepError where it does not."""
    try:
        rollout.child.wait(LONGEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise StepError(
            f"the rollout did not end within {amounts.number(LONGEST_SECONDS)} s"
        ) from error
    said = rollout.result
    if rollout.status != 1:
        raise StepError(f"the candidate was not refused: {rollout.said}")
    return Refusal(version, env.seconds_to_alias({LIVE: 1.0}), str(said["message"]))
