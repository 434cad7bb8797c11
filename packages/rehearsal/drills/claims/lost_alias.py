"""An alias that somebody deleted, or moved past the release tool, is noticed and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import UsageError

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment


def run(env: DrillEnvironment) -> Observation:
    """Delete the alias while a version that nobody judged waits; later move it there by hand."""
    live = env.deploy_candidate("good-release")
    env.release("promote", "--version", live, "--reason", "for the drill")
    unjudged = env.deploy_candidate("bad-release")
    alias = {"FunctionName": env.function, "Name": env.alias_name}
    env.inject(lambda: env.lambda_.delete_alias(**alias))
    gone = env.release("drift", status=1).result
    detected = env.seconds()
    _see_deployment_refused(env)
    env.release("rollback", "--reason", "the alias was deleted")
    env.seconds_to_alias({live: 1.0})
    recovered = env.until("callers served again", lambda: not env.callers.waiting)
    refused = env.callers.since(env.struck_at, "transportError")
    reasons = {answer.reason or "" for answer in refused}
    if not reasons or not all(reason.startswith("HTTP 404") for reason in reasons):
        raise StepError(f"events were not refused by 404: {', '.join(sorted(reasons))}")
    moved = _moved(env, live, unjudged)
    return Observation(
        f"drift: {gone['findings'][0]} {len(refused)} calls were refused with 404. A deployment, "
        f"which would have recreated the alias at version {unjudged}, refused; rollback made it at "
        f"version {live}, which the ledger has. Moved by hand, drift says: {moved}",
        detected,
        recovered,
    )


def _see_deployment_refused(env: DrillEnvironment) -> None:
    """It would make the alias anew, at the newest version."""
    try:
        env.deploy_candidate("bad-release")
    except UsageError as error:
        if "is gone" in str(error):
            return
        raise
    raise StepError("a deployment went on although the alias is gone")


def _moved(env: DrillEnvironment, live: str, unjudged: str) -> str:
    """Move the alias past the release tool, see it told, and put it back by a rollback."""
    env.lambda_.update_alias(
        FunctionName=env.function, Name=env.alias_name, FunctionVersion=unjudged
    )
    told = env.release("drift", status=1).result
    env.release("rollback", "--version", live, "--reason", "moved by hand")
    env.seconds_to_alias({live: 1.0})
    env.release("drift")
    return f"{told['findings'][0]}."


DRILL = Drill(
    name="lost-alias",
    claim=(
        "An alias deleted or moved by hand is reported, and one command puts it back where the "
        "ledger has it"
    ),
    fault="the alias is deleted, later moved by hand, while the newest version is a bad one",
    run=run,
    needs=Needs(time_scale=60.0, patient=True),
)
