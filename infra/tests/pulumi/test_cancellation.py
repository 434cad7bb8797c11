"""A deployment that GitHub cancels: SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL; a tenth of it here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.tests.pulumi.team import RUN_SECONDS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from infra.tests.pulumi.killer import Killer
    from infra.tests.pulumi.team import Team


def cancel(process: subprocess.Popen[str]) -> None:
    """Ask it to end, twice."""
    process.send_signal(signal.SIGINT)
    time.sleep(0.75)
    process.send_signal(signal.SIGTERM)


def until(so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until it is so, as long as the process runs."""
    end = time.monotonic() + RUN_SECONDS
    while not so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def family(process: int) -> list[int]:
    """A process and all that came of it, whichever of its threads started them."""
    threads = Path(f"/proc/{process}/task").glob("*/children")
    children = [int(child) for thread in threads for child in thread.read_text("utf-8").split()]
    return [process, *(one for child in children for one in family(child))]


def test_a_cancelled_deployment_ends_its_calls_and_leaves_no_lock(team: Team) -> None:
    """What was under way when it came is recorded."""
    process = team.start("deploy")
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("create"):
            break
    cancel(process)
    process.communicate(timeout=300)
    assert process.returncode in (0, 1)  # 0 where everything was under way already
    assert "not locked and nothing is pending" in team.must("recover")
    team.must("deploy")
    team.must("drift")


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("hang:CreateTable", "Table orders: recorded as AWS has it"),
        ("stuck:CreateTable", "Table orders: AWS has none"),
        ("hang:CreateFunction", "Function processor: recorded as AWS has it"),
    ],
)
def test_a_deployment_that_github_kills_while_a_call_hangs_is_recovered(
    team: Team, killer: Killer, when: str, outcome: str
) -> None:
    """It does not end by itself, for it waits for the call; then all of it is killed."""
    process = killer.start(when)
    until(lambda: bool(killer.calls), process)
    cancel(process)
    time.sleep(0.25)
    assert process.poll() is None
    whole = family(process.pid)
    assert len(whole) >= len(("ours", "the CLI", "its provider"))
    for one in whole:
        os.kill(one, signal.SIGKILL)
    process.communicate(timeout=RUN_SECONDS)
    said = team.must("recover", "--yes")
    assert "Locked: " in said
    assert outcome in said
    team.must("deploy")
    team.must("drift")
    assert "0 changed" in team.must("deploy")
