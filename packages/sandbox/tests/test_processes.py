"""Child processes and their logs."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from console.processes import Children

SPAWN_GRANDCHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Wait a bounded time for a process to end."""
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


def test_children_and_their_children_end_with_the_context(tmp_path: Path) -> None:
    """Leaving the context, by whatever way, ends whole process groups."""
    with suppress(KeyboardInterrupt), Children(tmp_path, tmp_path) as children:
        child = children.start("nest", [sys.executable, "-c", SPAWN_GRANDCHILD], os.environ)
        while not child.lines:
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert gone(child.process.pid)
    assert gone(int(child.lines[0]))


def test_a_child_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience has an end."""
    monkeypatch.setattr("console.processes.STOP_SECONDS", 0.2)
    stubborn = "import signal,time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(600)"
    with Children(tmp_path, tmp_path) as children:
        child = children.start("stubborn", [sys.executable, "-uc", stubborn], os.environ)
        while not child.lines:
            time.sleep(0.01)
    assert gone(child.process.pid)


def test_output_is_kept_in_a_log_and_echoed(tmp_path: Path) -> None:
    """Both streams are kept; what was said last explains a failure."""
    heard: list[str] = []
    program = "import sys; print('one'); sys.exit('no such stack')"
    with Children(tmp_path, tmp_path / "logs") as children:
        child = children.run("deploy", [sys.executable, "-uc", program], os.environ, heard.append)
    assert child.process.returncode == 1
    assert child.last_line == "no such stack"
    assert heard == ["one", "no such stack"]
    assert (tmp_path / "logs" / "deploy.log").read_text(encoding="utf-8").splitlines() == heard
