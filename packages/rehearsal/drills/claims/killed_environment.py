"""Execution environments that die in the middle of their work lose and double nothing."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

from reporting import amounts

from rehearsal.callers.callers import FAILED
from rehearsal.drills.database import Database
from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.faults.environments import Environments

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

KILLING_SECONDS, PAUSE_SECONDS = 6.0, 0.25


def run(env: DrillEnvironment) -> Observation:
    """Kill one environment after the other under load, then wait until every event has arrived."""
    alarm = env.alarm_on("Errors")
    killed: list[int] = []
    with Database(env) as database:
        env.until("events served", lambda: database.writes)
        env.inject(lambda: killed.extend(_kill(env, database.version)))
        detected, recovered = database.outlast(alarm)
    told = env.callers.since(env.struck_at, *FAILED)
    reasons = ", ".join(sorted({answer.reason or "" for answer in told}))
    return Observation(
        f"{len(killed)} environments were killed, {len(told)} callers told ({reasons}); each of "
        f"{len(database.writes)} events was written once",
        detected,
        recovered,
    )


def _kill(env: DrillEnvironment, version: str) -> list[int]:
    """Kill an environment that runs the version, again and again; return the processes."""
    rng = random.Random(env.settings.seed)  # noqa: S311 - replayable, nothing secret
    environments = Environments(env.emulator.process.pid)
    killed = []
    while env.seconds() < KILLING_SECONDS:
        if running := environments.running(version):
            killed.append(rng.choice(running))
            environments.signal(killed[-1], signal.SIGKILL)
        time.sleep(PAUSE_SECONDS)
    return killed


DRILL = Drill(
    name="killed-environment",
    claim="An execution environment that dies under load loses no event and duplicates none",
    fault=(
        f"SIGKILL to one environment every {amounts.number(PAUSE_SECONDS)} s, for "
        f"{amounts.number(KILLING_SECONDS)} s"
    ),
    run=run,
    needs=Needs(patient=True, rate=30.0, storage_latency_ms=100, concurrency=8, asynchronous=0.2),
    ends=frozenset({"confirmed"}),
)
