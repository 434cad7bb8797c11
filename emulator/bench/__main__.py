"""`python -m emulator.bench speed | throttling | soak | fuzz`: figures to stdout and build/bench.

Exit status 0 where every goal is met, 1 where one is not, 2 for bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from emulator.bench import soak, speed, throttling
from emulator.tests.running import RunningEmulator

BUILD = Path(__file__).parents[2] / "build"
GOALS = {
    "addedMilliseconds": ("at most", 1.5),
    "overRuntimeInterfaceEmulator": ("at most", 2.0),
    "throughputOverMiniStack": ("at least", 10.0),
    "startSeconds": ("at most", 2.0),
    "memoryOverBareClient": ("at most", 1.1),
}


def main() -> int:
    """Run one measurement."""
    parser = argparse.ArgumentParser(prog="python -m emulator.bench", description=__doc__)
    parser.add_argument("what", choices=("speed", "throttling", "soak", "fuzz"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=15.0, help="throttling: for each cell")
    parser.add_argument("--events", type=int, default=100_000, help="soak: events")
    parser.add_argument("--examples", type=int, default=10_000, help="fuzz: requests")
    parser.add_argument("--storage", type=Path, default=BUILD / "tools" / "storage")
    parser.add_argument("--samcli", type=Path, default=BUILD / "tools" / "samcli")
    given = parser.parse_args()
    (BUILD / "bench").mkdir(parents=True, exist_ok=True)
    run = {"speed": _speed, "throttling": _throttling, "soak": _soak, "fuzz": _fuzz}[given.what]
    return 0 if run(given) else 1


def _speed(given: argparse.Namespace) -> bool:
    found = speed.measure(speed.Plan(), given.storage, given.samcli)
    _write("emulator", found)
    print(json.dumps(found, indent=2))
    met = True
    for name, (direction, goal) in GOALS.items():
        value = float(str(found[name]))
        good = value <= goal if direction == "at most" else value >= goal
        met = met and good
        print(f"{name}: {value:g} (goal: {direction} {goal:g}) {'met' if good else 'MISSED'}")
    return met


def _throttling(given: argparse.Namespace) -> bool:
    cells = [(count, load) for count in throttling.SLOT_SECONDS for load in throttling.LOADS]
    with tempfile.TemporaryDirectory(prefix="bench-throttling-") as work:
        running = RunningEmulator.start(Path(work) / "aws.env", *throttling.OPTIONS, scale=1.0)
        try:
            found = throttling.measure(running, cells, given.seconds, given.seed)
        finally:
            running.stop()
    _write("throttling", throttling.document(found))
    print(throttling.table(found))
    return all(cell.within for cell in found)


def _soak(given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as work:
        found = soak.run(soak.Plan(events=given.events, seed=given.seed), Path(work))
    _write("soak", found.document())
    print(json.dumps(found.document(), indent=2))
    return found.lost == 0


def _fuzz(given: argparse.Namespace) -> bool:
    from emulator.bench import fuzz  # needs hypothesis, which the others do without

    with tempfile.TemporaryDirectory(prefix="bench-fuzz-") as work:
        running = RunningEmulator.start(Path(work) / "aws.env")
        try:
            found = fuzz.run(running, given.examples, given.seed)
        finally:
            running.stop()
    _write("fuzz", found)
    print(json.dumps(found, indent=2))
    return not found["failures"]


def _write(name: str, document: object) -> None:
    (BUILD / "bench" / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
