"""An alias that somebody deleted, or moved past the release tool, is noticed and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.drills.drill import Drill, Needs, Observation
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.stage import Stage


def run(stage: Stage) -> Observation:
    """Delete the alias while a version that nobody judged waits; later move it there by hand."""
    live = stage.deploy("good-release")
    stage.release("promote", "--version", live, "--reason", "for the drill")
    unjudged = stage.deploy("bad-release")
    alias = {"FunctionName": stage.function, "Name": stage.alias_name}
    stage.inject(lambda: stage.aws_lambda.delete_alias(**alias))
    gone = stage.release("drift", status=1)
    detected = stage.seconds()
    _see_deployment_refused(stage)
    stage.release("rollback", "--reason", "the alias was deleted")
    stage.seconds_to_alias({live: 1.0})
    recovered = stage.until("callers served again", lambda: not stage.callers.waiting)
    refused = stage.callers.since(stage.struck_at, "transportError")
    reasons = {answer.reason for answer in refused}
    if reasons != {"HTTP 404"}:
        raise StepError(f"orders were not refused by 404: {', '.join(sorted(reasons))}")
    moved = _moved(stage, live, unjudged)
    return Observation(
        f"drift: {gone['findings'][0]} {len(refused)} calls were refused with 404. A deployment, "
        f"which would have made the alias anew at version {unjudged}, refused; rollback made it at "
        f"version {live}, which the ledger has. Moved by hand, drift says: {moved}",
        detected,
        recovered,
    )


def _see_deployment_refused(stage: Stage) -> None:
    """It would make the alias anew, at the newest version."""
    try:
        stage.deploy("bad-release")
    except StepError as error:
        if "is gone" in str(error):
            return
        raise
    raise StepError("a deployment went on although the alias is gone")


def _moved(stage: Stage, live: str, unjudged: str) -> str:
    """Move the alias past the release tool, see it told, and put it back by a rollback."""
    stage.aws_lambda.update_alias(
        FunctionName=stage.function, Name=stage.alias_name, FunctionVersion=unjudged
    )
    told = stage.release("drift", status=1)
    stage.release("rollback", "--version", live, "--reason", "moved by hand")
    stage.seconds_to_alias({live: 1.0})
    stage.release("drift")
    return f"{told['findings'][0]}."


DRILL = Drill(
    name="lost-alias",
    claim="An alias that was deleted or moved by hand is told, and one command puts it back where "
    "the ledger has it",
    fault="the alias is deleted, later moved by hand, while the newest version is a bad one",
    run=run,
    needs=Needs(time_scale=60.0, patient=True),
)
