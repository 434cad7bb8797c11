"""DynamoDB refuses, then falls silent: callers are told, events wait, nothing is done twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.callers.callers import FAILED
from rehearsal.drills.database import REFUSED, SILENT, Database
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

REFUSING_SECONDS, SILENT_SECONDS = 3.0, 3.0


def run(env: DrillEnvironment) -> Observation:
    """Break the database for a while, then wait until every event has arrived."""
    alarm = env.alarm_on("Errors")
    with Database(env) as database:
        env.inject(lambda: database.fail(REFUSED))
        time.sleep(REFUSING_SECONDS)
        if env.faulty:
            database.fail(SILENT)
        time.sleep(SILENT_SECONDS)
        database.mend()
        detected, recovered = database.outlast(alarm)
    told = env.callers.since(env.struck_at, *FAILED)
    reasons = ", ".join(sorted({answer.reason or "" for answer in told}))
    return Observation(
        f"{len(told)} attempts were told of an error ({reasons}) and repeated; each of "
        f"{len(database.writes)} events was written once",
        detected,
        recovered,
    )


DRILL = Drill(
    name="dependency-outage",
    claim=(
        "While DynamoDB is down callers get an error, and afterwards each event is confirmed once"
    ),
    fault=(
        f"DynamoDB answers 503 for {amounts.number(REFUSING_SECONDS)} s, then not at all for "
        "as long"
    ),
    run=run,
    needs=Needs(patient=True, rate=15.0, concurrency=10, asynchronous=0.2),
    ends=frozenset({"confirmed"}),
)
