"""Nothing goes on after whoever started it: four ways to end, at three moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import lifelines
from sandbox.environment import ROOT, local

PATIENCE = 20.0
NOX = """
import os, subprocess, sys
os.environ["TIED_TO"] = str(os.getpid())
subprocess.run([sys.executable, "-m", "sandbox.tied", *sys.argv[1:]])
"""
"""What nox is to a session: a parent that waits for the module it runs."""

SIGNALS = [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
MOMENTS = {"at the start": 1, "while storage starts": 2, "in full run": 0}
"""When the parent ends: as soon as its family has so many members; 0 is when all is ready."""


def descendants(pid: int) -> set[int]:
    """The processes below one, at this moment."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(place.name))
    found, left = set(), [pid]
    while left:
        below = children.get(left.pop(), [])
        found |= set(below)
        left += below
    return found


def alive(pids: set[int]) -> set[int]:
    """Which of them still run."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.add(pid)
    return found


def ended(pids: set[int]) -> bool:
    """Wait a bounded time for all of them to end."""
    deadline = time.monotonic() + PATIENCE
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pids)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_emulator_ends_with_the_nox_that_runs_it(
    number: signal.Signals, moment: str, tmp_path: Path
) -> None:
    """Closed terminal, kill, Ctrl-C and kill -9 of the parent alone: nothing is left of it."""
    env_file = tmp_path / "aws.env"
    command = [sys.executable, "-c", NOX, "emulator", "--env-file", str(env_file)]
    parent = subprocess.Popen(
        command, cwd=ROOT, env=local(), stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wanted, deadline = MOMENTS[moment], time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            below = descendants(parent.pid)
            if (len(below) >= wanted) if wanted else env_file.exists():
                break
            assert parent.poll() is None
            time.sleep(0.005)
        below = descendants(parent.pid)
        parent.send_signal(number)
        parent.wait(PATIENCE)
        assert ended(below | descendants(parent.pid))
        assert not env_file.exists()
    finally:
        for pid in alive(below | {parent.pid}):
            os.kill(pid, signal.SIGKILL)


def test_a_command_that_fails_or_hangs_is_told(tmp_path: Path) -> None:
    """As subprocess.run does; what hangs is ended, with what it started."""
    with pytest.raises(subprocess.CalledProcessError):
        lifelines.run(["false"], check=True)
    assert lifelines.run(["echo", "said"], capture_output=True, text=True).stdout == "said\n"
    pid = tmp_path / "pid"
    hanging = ["sh", "-c", f"sleep 600 & echo $! > '{pid}'; wait"]
    with pytest.raises(subprocess.TimeoutExpired):
        lifelines.run(hanging, timeout=1)
    assert ended({int(pid.read_text())})


PARENT = """
import sys, time
from pathlib import Path
from sandbox import lifelines
child = lifelines.tied(["sh", "-c", "sleep 600 & echo $! > '%s'; wait" % sys.argv[1]])
time.sleep(600)
"""


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_what_a_child_started_ends_too(number: signal.Signals, tmp_path: Path) -> None:
    """The whole group of a tied child gets the signal."""
    pid = tmp_path / "pid"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(pid)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE
    while not (pid.exists() and pid.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.01)
    below = descendants(parent.pid)
    assert int(pid.read_text()) in below
    parent.send_signal(number)
    parent.wait(PATIENCE)
    assert ended(below)
