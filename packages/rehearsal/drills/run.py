"""Runs drills one after the other, each in a test environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from console.checkout import ROOT
from console.errors import UsageError
from console.processes import Children
from service import declaration

from rehearsal.drills.drill import Row
from rehearsal.drills.environment import FIRST, DrillEnvironment
from rehearsal.journal import Journal, StepError
from rehearsal.settings import Settings
from rehearsal.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.declaration import Service

    from rehearsal.drills.drill import Drill, Observation

_TROUBLE = (UsageError, BotoCoreError, ClientError, subprocess.TimeoutExpired)


@dataclass(frozen=True, slots=True)
class Day:
    """A game day: which drills, in which directory, drawn by which seed; `faulty` is false where
    every fault is left out.
    """

    drills: Sequence[Drill]
    directory: Path
    seed: int = 1
    faulty: bool = True
    service: Service = field(default_factory=declaration.chosen)

    @property
    def artifacts(self) -> Path:
        """What the drills have built, by candidate."""
        return self.directory / "artifacts"


def play(day: Day) -> list[Row]:
    """Run the drills, telling of each; a failed one does not keep the next from being run."""
    journal = Journal(total=len(day.drills))
    rows = []
    shutil.rmtree(day.artifacts, ignore_errors=True)
    with Children(ROOT, day.directory / "logs") as children:
        Stack(Settings(service=day.service), children).build(day.artifacts / FIRST)
    for drill in day.drills:
        with journal.step(f"{drill.name}: {drill.claim}") as said:
            row = rehearse(drill, day)
            rows.append(row)
            if not row.proved:
                raise StepError(row.objection)
            said.text = row.observation.seen if row.observation else ""
    return rows


def rehearse(drill: Drill, day: Day) -> Row:
    """Run one drill; whatever goes wrong in it is its outcome."""
    directory = day.directory / drill.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    settings = Settings(
        seed=day.seed,
        directory=directory,
        service=day.service,
        time_scale=drill.needs.time_scale,
        storage_latency_ms=drill.needs.storage_latency_ms,
    )
    began = time.monotonic()
    observation: Observation | None = None
    events, why = None, ""
    with Children(ROOT, directory / "logs") as children:
        env = DrillEnvironment(settings, drill.needs, children, day.artifacts, faulty=day.faulty)
        try:
            env.prepare()
            with env:
                observation, why = _watch(drill, env)
                events = env.reconcile()
        except _TROUBLE as error:
            why = why or str(error)
    return Row(drill, observation, events, round(time.monotonic() - began, 1), why)


def _watch(drill: Drill, env: DrillEnvironment) -> tuple[Observation | None, str]:
    """Return what the drill saw, or why it did not: the events are reconciled all the same."""
    try:
        return drill.run(env), ""
    except _TROUBLE as error:
        return None, str(error)
