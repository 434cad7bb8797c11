"""Nothing goes on after whoever started it: four ways to end, at three moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from console import lifelines
from console.checkout import ROOT
from sandbox.environment import local
from sandbox.tests.families import PATIENCE, descendants, orphanage

if TYPE_CHECKING:
    from pathlib import Path

NOX = """
import os, subprocess, sys
os.environ["TIED_TO"] = str(os.getpid())
subprocess.run([sys.executable, "-m", "console.tied", *sys.argv[1:]])
"""
"""What nox is to a session: a parent that waits for the module it runs."""

SIGNALS = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
MOMENTS = {"at the start": 1, "while storage starts": 2, "in full run": 0}
"""When the parent ends: as soon as its family has so many members; 0 is when all is ready."""


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_emulator_ends_with_the_nox_that_runs_it(
    number: signal.Signals, moment: str, tmp_path: Path
) -> None:
    """Closed terminal, kill, Ctrl-C and kill -9 of the parent alone: nothing is left of it."""
    env_file = tmp_path / "aws.env"
    command = [sys.executable, "-c", NOX, "emulator", "--env-file", str(env_file)]
    with orphanage() as orphans:
        parent = subprocess.Popen(
            command, cwd=ROOT, env=local(), stderr=subprocess.DEVNULL, start_new_session=True
        )
        wanted, deadline = MOMENTS[moment], time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if len(descendants(parent.pid)) >= wanted if wanted else env_file.exists():
                break
            assert parent.poll() is None
            time.sleep(0.005)
        parent.send_signal(number)
        parent.wait(PATIENCE)
        assert orphans.empties(), orphans.left()
        # Path.exists raises where the file leads into a process that ended and is not waited for.
        assert not os.path.exists(env_file)  # noqa: PTH110


def test_a_command_that_fails_or_hangs_is_told(tmp_path: Path) -> None:
    """As subprocess.run does; what hangs is ended, with what it started."""
    with pytest.raises(subprocess.CalledProcessError):
        lifelines.run(["false"], check=True)
    assert lifelines.run(["echo", "said"], capture_output=True, text=True).stdout == "said\n"
    pid = tmp_path / "pid"
    hanging = ["sh", "-c", f"sleep 600 & echo $! > '{pid}'; wait"]
    with orphanage() as orphans:
        with pytest.raises(subprocess.TimeoutExpired):
            lifelines.run(hanging, timeout=1)
        assert orphans.empties()


PARENT = """
import sys, time
from pathlib import Path
from console import lifelines
child = lifelines.tied(["sh", "-c", "sleep 600 & echo $! > '%s'; wait" % sys.argv[1]])
time.sleep(600)
"""


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_what_a_child_started_ends_too(number: signal.Signals, tmp_path: Path) -> None:
    """The whole group of a tied child gets the signal."""
    pid = tmp_path / "pid"
    with orphanage() as orphans:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(pid)], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert int(pid.read_text()) in descendants(parent.pid)
        parent.send_signal(number)
        parent.wait(PATIENCE)
        assert orphans.empties(), orphans.left()
