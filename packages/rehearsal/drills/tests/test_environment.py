"""A whole drill in a test environment of its own, and what is left of one that is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from console.checkout import ROOT

from rehearsal.drills.drill import Drill, Observation
from rehearsal.drills.needs import Needs
from rehearsal.drills.run import Day, rehearse
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

PATIENCE_SECONDS = 120


def test_a_drill_has_live_callers_whose_events_are_reconciled(tmp_path: Path) -> None:
    """Even where it fails every event is counted; a fault that is left out does not happen."""
    struck: list[str] = []

    def run(env: DrillEnvironment) -> Observation:
        env.inject(lambda: struck.append("fault"))
        env.until("answers", lambda: len(env.callers.since(0.0, "confirmed")) > 10)
        env.callers.rate = 0.0
        env.until("records", lambda: not env.missing())
        raise StepError("nobody noticed")

    drill = Drill("quiet", "Nothing happens", "none", run, Needs(rate=40.0, patient=True))
    day = Day([drill], tmp_path, faulty=False)
    row = rehearse(drill, day)
    assert struck == []
    assert row.objection == "nobody noticed"
    assert row.events is not None
    assert row.events["sent"] == row.events["confirmed"] > 10
    assert row.lost == 0


def test_an_interrupted_day_leaves_no_process_behind(tmp_path: Path) -> None:
    """Ctrl-C ends the emulated AWS, its environments and whatever else was started."""
    command = [sys.executable, "-m", "rehearsal.drills", "killed-environment"]
    day = subprocess.Popen(
        [*command, "--directory", str(tmp_path)], cwd=ROOT, start_new_session=True
    )
    try:
        _wait_for(tmp_path / "killed-environment" / "run_log")
        assert _mentioning(tmp_path) > 1
        os.kill(day.pid, signal.SIGINT)
        assert day.wait(PATIENCE_SECONDS) == 130
    finally:
        day.kill()
        day.wait()
    assert _mentioning(tmp_path) == 0


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"there is no {path}"
        time.sleep(0.1)


def _mentioning(directory: Path) -> int:
    """How many processes have the directory in their command line or their environment."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        # This test's own process may have been told of it by pytest.
        found += os.fsencode(directory) in text and int(process.name) != os.getpid()
    return found
