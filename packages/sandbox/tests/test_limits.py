"""Open files are counted before long work begins."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ASK = "from console.limits import allow_open_files as a; print(a({}))"


def asked(needed: int, limit: str) -> subprocess.CompletedProcess[str]:
    """Ask for so many in a shell with that limit."""
    script = f'ulimit {limit}; exec "{sys.executable}" -c "{ASK.format(needed)}"'
    return subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_shell_that_allows_too_few_is_told() -> None:
    """With the number that is needed and the command that raises it."""
    refused = asked(512, "-n 300")
    assert refused.returncode == 1
    assert "ulimit -Hn 512" in refused.stderr


def test_a_low_habit_is_raised() -> None:
    """The soft limit is a default, not a bound."""
    raised = asked(512, "-Sn 300")
    assert raised.returncode == 0, raised.stderr
    assert int(raised.stdout) >= 512


def test_an_emulator_is_not_started_without(tmp_path: Path) -> None:
    """Whatever rehearses on it ends with that sentence before anything else."""
    place = tmp_path / "emulated"
    code = (
        "from pathlib import Path; from sandbox.emulated import aws;"
        f"aws(Path('{place}')).__enter__()"
    )
    script = f'ulimit -n 200; exec "{sys.executable}" -c "{code}"'
    ran = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "ulimit -Hn" in ran.stderr
    assert not place.exists()
