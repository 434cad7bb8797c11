"""Eight promotions at once have one winner; the others are told and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.drills.barrier import RequestBarrier, moves_the_alias
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment
    from rehearsal.stack import Released

RACERS = 8
COMMIT = "c0ffee0"


def run(env: DrillEnvironment) -> Observation:
    """Promote the same candidate eight times, no write before the last racer has read the alias."""
    candidate = env.deploy_candidate("good-release")
    racers: list[Released] = []
    with RequestBarrier(env.environment["AWS_ENDPOINT_URL"], RACERS, moves_the_alias) as barrier:
        direct = dict(env.environment)
        env.environment["AWS_ENDPOINT_URL"] = barrier.endpoint
        reason = ("--reason", "eight at once", "--commit", COMMIT)
        try:
            env.inject(lambda: racers.extend(
                env.start_release("promote", "--version", candidate, *reason)
                for _ in range(RACERS)
            ))  # fmt: skip
            ended = [racer.child.wait(60) for racer in racers]
        finally:
            env.environment.update(direct)
        detected = env.seconds()
    results = [racer.result for racer in racers]
    winners = [each for each in results if each.get("changed")]
    told = [each for each in results if each.get("conflict")]
    if len(winners) != 1 or len(told) != RACERS - 1 or sorted(ended) != [0] + [1] * (RACERS - 1):
        raise StepError(
            f"{len(winners)} of {RACERS} promotions won, {len(told)} were told that they did not"
        )
    env.seconds_to_alias({candidate: 1.0})
    promotions = [row for row in _ledger(env) if row["commit"] == COMMIT]
    if len(promotions) != 1:
        raise StepError(f"the ledger knows of {len(promotions)} promotions instead of one")
    return Observation(
        f"{barrier.met} writes at the same moment: 1 landed, {len(told)} were told that somebody "
        f"else had changed the alias; version {candidate} serves alone, as the one new entry of "
        "the ledger says",
        detected,
        detected,
    )


def _ledger(env: DrillEnvironment) -> list[dict[str, object]]:
    """The ledger's entries; fails where it and the alias disagree."""
    rows: list[dict[str, object]] = env.release("ledger").result["ledger"]
    return rows


DRILL = Drill(
    name="racing-promotions",
    claim=(
        "Of several promotions at the same moment one wins, and every other one reports that it"
        " did not"
    ),
    fault=f"{RACERS} promotions that have all read the alias before the first of them writes it",
    run=run,
    needs=Needs(time_scale=60.0),
)
