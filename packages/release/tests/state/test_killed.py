"""A release that is killed by SIGKILL at any of its calls leaves a good version, and converges."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from release.tests.conftest import Stack

DEATHS = 60
"""At least so many deaths, so that a change which skips most calls is noticed."""


def killed(target: str) -> list[dict[str, object]]:
    """The trials of `release.tests.state.killing`."""
    command = [sys.executable, "-m", "release.tests.state.killing", target]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_at_every_call_it_serves_a_good_version_and_converges() -> None:
    """Before and after each call of releases, rollouts, a bad one, rollbacks and prunings."""
    trials = killed("disk")
    assert [trial for trial in trials if trial["wrong"]] == []
    assert sum(bool(trial["killed"]) for trial in trials) >= DEATHS


def test_killed_on_the_emulated_lambda_too(stack: Stack) -> None:
    """A sample with the real adapter: the usual release and a rollback."""
    trials = killed(stack.function)
    assert [trial for trial in trials if trial["wrong"]] == []
    assert sum(bool(trial["killed"]) for trial in trials) >= 10
