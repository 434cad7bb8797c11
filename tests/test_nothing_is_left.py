"""Whatever ends nox ends all that its session has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from console.checkout import ROOT
from sandbox.environment import local
from sandbox.tests.families import PATIENCE, descendants, orphanage

LOAD = ("load", "--", "local", "smoke", "--duration", "120")
START_SECONDS = 120.0
ENDS = [
    *((LOAD, "-m locust", number) for number in ("SIGHUP", "SIGTERM", "SIGINT", "SIGKILL")),
    *((LOAD, moment, "SIGKILL") for moment in ("-m emulator.corrections", "-m engine")),
    (("rehearse",), "-m emulator.corrections", "SIGKILL"),
]


@pytest.mark.parametrize(("command", "moment", "number"), ENDS)
def test_nothing_is_left(command: tuple[str, ...], moment: str, number: str) -> None:
    """A closed terminal, kill, Ctrl-C and kill -9 of nox alone, while that program runs."""
    with orphanage() as orphans:
        nox = subprocess.Popen(
            [sys.executable, "-I", "-m", "nox", "-s", *command],
            cwd=ROOT, env={**os.environ, **local()}, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not any(moment in line for line in descendants(nox.pid).values()):
            assert nox.poll() is None, nox.communicate()[0].decode()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # A terminal tells all that run in it, others tell nox alone.
        told = os.killpg if number in ("SIGHUP", "SIGINT") else os.kill
        told(nox.pid, getattr(signal, number))
        nox.communicate(timeout=2 * PATIENCE)
        assert orphans.empties(), orphans.left()
