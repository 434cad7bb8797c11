"""Runs drills one after the other, each on a stage of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from console.checkout import ROOT
from console.processes import Children
from service import declaration

from rehearsal.drills.artifacts import FIRST, Artifacts
from rehearsal.drills.drill import Row
from rehearsal.drills.stage import Stage
from rehearsal.journal import Journal, StepError
from rehearsal.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.declaration import Service

    from rehearsal.drills.drill import Drill, Observation

_TROUBLE = (StepError, BotoCoreError, ClientError, subprocess.TimeoutExpired)


@dataclass(frozen=True, slots=True)
class Day:
    """A game day: which drills, in which directory, drawn by which seed; `faulty` is false where
    every fault is left out.
    """

    drills: Sequence[Drill]
    directory: Path
    seed: int = 1
    faulty: bool = True
    service: Service = field(default_factory=lambda: declaration.load(declaration.default()))


def play(day: Day) -> list[Row]:
    """Run the drills, telling of each; a failed one does not keep the next from being run."""
    journal = Journal(total=len(day.drills))
    rows = []
    artifacts = Artifacts(day.directory / "artifacts", day.service)
    with Children(ROOT, day.directory / "logs") as children:
        artifacts.of(FIRST, children)
    for drill in day.drills:
        with journal.step(f"{drill.name}: {drill.claim}") as said:
            row = rehearse(drill, day, artifacts)
            rows.append(row)
            if not row.proved:
                raise StepError(row.objection)
            said.text = row.observation.seen if row.observation else ""
    return rows


def rehearse(drill: Drill, day: Day, artifacts: Artifacts) -> Row:
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
    orders, why = None, ""
    with Children(ROOT, directory / "logs") as children:
        stage = Stage(settings, drill.needs, children, artifacts, faulty=day.faulty)
        try:
            stage.prepare()
            with stage:
                observation, why = _watch(drill, stage)
                orders = stage.reconcile()
        except _TROUBLE as error:
            why = why or str(error)
    return Row(drill, observation, orders, round(time.monotonic() - began, 1), why)


def _watch(drill: Drill, stage: Stage) -> tuple[Observation | None, str]:
    """Return what the drill saw, or why it did not: the orders are reconciled all the same."""
    try:
        return drill.run(stage), ""
    except _TROUBLE as error:
        return None, str(error)
