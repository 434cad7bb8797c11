"""Bad input gets one sentence and status 2, from every command."""

import subprocess
import sys

import pytest
from console.checkout import ROOT

COMMANDS = [
    "emulator --port many",
    "bench.emulator nosuch",
    "deploy nosuch",
    "infra.quotas --nosuch",
    "loadtest run --nosuch",
    "bench.load --nosuch",
    "loadtest.local nosuch",
    "rehearsal --fault nosuch",
    "rehearsal.trials.bad_releases --nosuch",
    "rehearsal.drills nosuch",
    "engine nosuch",
    "rehearsal.faults --events many",
    "rehearsal.trials.good_releases --nosuch",
    "rehearsal.workflows nosuch",
    "release --nosuch",
    "release.gate.power --nosuch",
    "artifact nosuch",
    "bench.handler --nosuch",
    "bench.emulator soak --kills 0",
    "bench.load --rounds 0",
    "bench.load.reconciliation --events 0",
    "rehearsal --peak-rate fast",
    "rehearsal.trials.bad_releases --rate 0",
    "rehearsal.trials.good_releases --runs 0",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_bad_input_is_one_sentence(command: str) -> None:
    """No usage text, no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.endswith(".\n")
