"""The measurements: what they leave behind, and what they add to earlier figures."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from console.checkout import ROOT
from emulator.tests.running import wait_until

from bench.emulator import figures, memory, throttling

CELL = throttling.Cell(1, 0.5, 0.5, 100.0, 10, 0.3, 0.3, 0.2, 0.4, 0.3, 1.0)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_a_measurement_that_is_ended_ends_its_emulator(number: signal.Signals, status: int) -> None:
    """Half-way, by a signal that can be handled or not: no process of it is left."""
    bench = subprocess.Popen(
        [sys.executable, "-m", "bench.emulator", "throttling", "--concurrency", "1"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    started = wait_until(lambda: _emulator_and_runtime(bench.pid), 60.0)
    bench.send_signal(number)
    _, errors = bench.communicate(timeout=30)
    assert (bench.returncode, "Traceback" in errors) == (status, False), errors
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))


def _emulator_and_runtime(bench: int) -> list[int]:
    """The emulator, its storage and an environment, once all are there."""
    emulators = figures.children(bench)
    runtimes = [pid for emulator in emulators for pid in figures.runtimes(emulator)]
    return [*emulators, *figures.children(emulators[0])] if runtimes else []


def test_cells_of_an_earlier_run_are_kept_where_the_parameters_are_the_same() -> None:
    """Cells can be measured in several runs; a cell measured again is replaced."""
    plan = throttling.Plan(seconds=1.0, seed=1)
    first = throttling.document(plan, [CELL, replace(CELL, load=1.0)], {})
    again = throttling.document(plan, [replace(CELL, share=0.9)], first)
    assert [(c["load"], c["share"]) for c in _cells(again)] == [(0.5, 0.9), (1.0, 0.3)]
    assert again["within"] == 1
    other = throttling.document(replace(plan, seed=2), [CELL], first)
    assert [c["load"] for c in _cells(other)] == [0.5]


def test_memory_is_told_per_hour_and_per_event() -> None:
    """The slope is that of the second half: what is taken at the start is no growth."""
    samples = [memory.Sample(second, 10 * second, 50.0) for second in range(100)]
    samples += [memory.Sample(second, 10 * second, 50 + second / 100) for second in range(100, 200)]
    assert memory.trend(samples) == {
        "firstMebibytes": 50.0,
        "lastMebibytes": 52.0,
        "mebibytesPerHour": 36.0,
        "mebibytesPer10000Events": 10.0,
    }


def _cells(document: dict[str, object]) -> list[dict[str, object]]:
    cells = document["cells"]
    assert isinstance(cells, list)
    return cells
