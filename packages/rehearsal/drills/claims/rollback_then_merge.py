"""What was rolled back from does not come back with the next merge; what mends it goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from release.result import Exit

from rehearsal.callers.callers import FAILED
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.environment import FIRST
from rehearsal.drills.history import History
from rehearsal.drills.refusal import BAKE_SECONDS, LIVE
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

SERVICE, OTHER, DOCS = "service.py", "other.py", "README.md"
PATIENCE_SECONDS = "60"


def run(env: DrillEnvironment) -> Observation:
    """Roll back, then merge: documents, other code, and what takes the bad commit back."""
    for candidate in ("bad-release", "good-release"):
        env.artifact(candidate)  # of this checkout, as ever: releases alone ask the drill's history
    history = History(env.path("repository"))
    env.environment["GIT_DIR"] = history.git_dir
    history.merge(SERVICE)
    bad = history.merge(SERVICE)
    left = env.deploy_candidate("bad-release")
    if env.faulty:
        _release_and_take_back(env, left, bad)
    same = env.deploy_candidate("bad-release")
    env.inject(lambda: None)
    said = [_held(env, same, history.merge(DOCS), Exit.DONE)]
    detected = env.seconds()
    said.append(
        _held(env, env.deploy_candidate("good-release"), history.merge(OTHER), Exit.REFUSED)
    )
    mended = env.deploy_candidate(FIRST)
    said.append(_rolled_out(env, mended, history.revert(bad), Exit.DONE))
    return Observation(
        f"documents merged: {said[0]} Other code merged: {said[1]} The revert merged: {said[2]}",
        detected,
        env.seconds_to_alias({mended: 1.0}),
    )


def _release_and_take_back(env: DrillEnvironment, version: str, commit: str) -> None:
    """Let a version go live that fails, and roll it back."""
    env.release("promote", "--version", version, "--commit", commit, "--reason", "for the drill")
    env.until("a failure", lambda: env.callers.since(0.0, *FAILED))
    env.release("rollback", "--reason", "events fail")


def _held(env: DrillEnvironment, version: str, commit: str, status: Exit) -> str:
    said = _rolled_out(env, version, commit, status)
    if not said.startswith("Held"):
        raise StepError(f"the merge is not held: {said}")
    env.serves_only(LIVE)
    return said


def _rolled_out(env: DrillEnvironment, version: str, commit: str, status: Exit) -> str:
    """Roll out what was merged as the rehearsal does; return what that said."""
    settings = env.settings
    rollout = env.release(
        "rollout", "--version", version, "--commit", commit, "--poll", "0.5",
        "--bake", BAKE_SECONDS, "--on-inconclusive", "synthetic", "--patience", PATIENCE_SECONDS,
        "--minimum-samples", str(settings.minimum_samples),
        "--maximum-error-share", str(settings.maximum_error_share),
        status=status,
    )  # fmt: skip
    return str(rollout.result["message"])


DRILL = Drill(
    name="rollback-then-merge",
    claim="What was rolled back from comes back with no merge, and its revert goes through",
    fault="what is merged after a rollback contains the commit that was rolled back from",
    run=run,
    ends=frozenset({"confirmed", "throttled", "failed", "deadLettered"}),
)
