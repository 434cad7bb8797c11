"""Nothing of ours is silent for ten seconds, whatever it is."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from console.checkout import IMPORTED_FROM, ROOT
from console.progress import SILENCE, Heard, Progress

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def gaps(clock: Clock, watched: Progress, seconds: int, words: set[int]) -> list[float]:
    """The times without a word in so many seconds, in which work itself speaks at `words`."""
    heard, found = clock.now, []
    for second in range(1, seconds + 1):
        clock.now += 1
        if second in words:
            watched.hear()
        if second in words or watched.due() is not None:
            found.append(clock.now - heard)
            heard = clock.now
    return [*found, clock.now - heard]


@pytest.mark.parametrize("words", [set(), {3}, {7, 14, 30}, set(range(0, 60, 9))])
def test_no_gap_is_ten_seconds_long(words: set[int]) -> None:
    """Whenever the work itself speaks, or never."""
    clock = Clock()
    watched = Progress(clock)
    with watched.doing("the peak hour"):
        assert max(gaps(clock, watched, 60, words)) < 10


def test_work_that_speaks_is_not_interrupted() -> None:
    """A line every few seconds is enough."""
    clock = Clock()
    watched = Progress(clock)
    with watched.doing("the peak hour"):
        assert len(gaps(clock, watched, 60, set(range(0, 61, 5)))) == 13


def test_the_innermost_wait_is_told_with_its_time() -> None:
    """And after it the outer one, which began earlier; without any there is nothing to tell."""
    clock = Clock()
    watched = Progress(clock)
    clock.now += 100
    assert watched.due() is None
    with watched.doing("the rehearsal"):
        with watched.doing("the peak hour"):
            clock.now += SILENCE
            assert watched.due() == "        (the peak hour: 8 s)"
            assert watched.due() is None
        clock.now += SILENCE
        assert watched.due() == "        (the rehearsal: 16 s)"


def test_what_is_written_is_heard(tmp_path: Path) -> None:
    """By print as by write; everything else is the stream's own."""
    clock = Clock()
    watched = Progress(clock)
    with (tmp_path / "out").open("w", encoding="utf-8") as file, watched.doing("x"):
        stream: TextIO = Heard(file, watched)  # type: ignore[assignment]
        clock.now += SILENCE
        print("a line", file=stream, flush=True)
        assert watched.due() is None
        assert stream.encoding == "utf-8"
    assert (tmp_path / "out").read_text() == "a line\n"


SLEEPER = """
import os, sys, time
from console import progress
print("begun")
time.sleep(4)
with progress.doing("a long wait"):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # as pytest does
    time.sleep(3)
sys.exit(5)
"""


def test_every_module_that_nox_runs_is_watched(tmp_path: Path) -> None:
    """By the runner, so that none can forget it; its status and its output are its own."""
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    impatient = (
        "import runpy, sys; from console import progress; progress.SILENCE = 1.0;"
        "sys.argv[:] = ['-', 'sleeper']; runpy.run_module('console.tied', run_name='__main__')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", impatient],
        env={
            **os.environ, "PYTHONPATH": f"{IMPORTED_FROM}:{tmp_path}", "TIED_TO": str(os.getpid()),
            "TIED_AS": "rollout",
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (5, "begun\n")
    assert "(rollout: " in ran.stderr
    assert "(a long wait: " in ran.stderr


def test_nox_runs_no_module_otherwise() -> None:
    """Its sessions start ours by `call` alone, which takes that runner."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    runs = [
        [part.value for part in node.args if isinstance(part, ast.Constant)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.run"
    ]
    ours = [run for run in runs if run[:2] == ["python", "-m"]]
    assert ours == [["python", "-m", "console.tied"]]
