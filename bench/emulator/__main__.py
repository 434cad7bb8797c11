"""`python -m bench.emulator speed | throttling | soak | fuzz`: figures to stdout and build/bench.

Exit status 0 where every goal is met, 1 where one is not, 2 for bad input, 130 where it was
interrupted.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import closed_output
from console.arguments import Parser, positive, whole
from console.checkout import ROOT
from reporting import amounts

from bench.emulator import soak, speed, throttling
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    import argparse
    from types import FrameType

BUILD = ROOT / "build"
INTERRUPTED = 130
GOALS = {
    "addedMilliseconds": ("at most", 1.5),
    "overRuntimeInterfaceEmulator": ("at most", 2.0),
    "throughputOverMiniStack": ("at least", 10.0),
    "startSeconds": ("at most", 2.0),
    "memoryOverBareClient": ("at most", 1.1),
}


def main() -> int:
    """Run one measurement."""
    parser = Parser(prog="python -m bench.emulator", description=__doc__)
    parser.add_argument("what", choices=("speed", "throttling", "soak", "fuzz"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=positive, default=15.0, help="throttling: for each cell")
    parser.add_argument(
        "--concurrency",
        type=int,
        action="append",
        choices=throttling.SLOT_SECONDS,
        help="throttling: measure these only; may be repeated, the others' figures are kept",
    )
    parser.add_argument("--events", type=whole(1), default=100_000, help="soak: events")
    parser.add_argument("--rate", type=float, default=0.0, help="soak: a second; 0 is no limit")
    parser.add_argument("--time-scale", type=positive, default=60.0, help="soak: see the emulator")
    parser.add_argument("--kills", type=positive, default=4.0, help="soak: environments a second")
    parser.add_argument("--examples", type=whole(1), default=10_000, help="fuzz: requests")
    parser.add_argument("--storage", type=Path, default=BUILD / "tools" / "storage")
    parser.add_argument("--samcli", type=Path, default=BUILD / "tools" / "samcli")
    given = parser.parse_args()
    (BUILD / "bench").mkdir(parents=True, exist_ok=True)
    run = {"speed": _speed, "throttling": _throttling, "soak": _soak, "fuzz": _fuzz}[given.what]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        return 0 if run(given) else 1
    except KeyboardInterrupt:  # every emulator has been stopped on the way here
        print("Interrupted: nothing has been written.", file=sys.stderr)
        return INTERRUPTED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # The connections of the clients' threads break as the emulators stop: no news.
    threading.excepthook = lambda _: None
    raise KeyboardInterrupt


def _speed(given: argparse.Namespace) -> bool:
    found = speed.measure(speed.Plan(), given.storage, given.samcli)
    _write("emulator", found)
    print(json.dumps(found, indent=2))
    met = True
    for name, (direction, goal) in GOALS.items():
        value = float(str(found[name]))
        good = value <= goal if direction == "at most" else value >= goal
        met = met and good
        print(
            f"{name}: {amounts.number(value)} (goal: {direction} {amounts.number(goal)}) "
            f"{'met' if good else 'MISSED'}"
        )
    return met


def _throttling(given: argparse.Namespace) -> bool:
    chosen = given.concurrency or list(throttling.SLOT_SECONDS)
    cells = tuple(at for at in throttling.CELLS if at[0] in chosen)
    plan = throttling.Plan(given.seconds, given.seed, cells)
    with tempfile.TemporaryDirectory(prefix="bench-throttling-") as work:
        running = RunningEmulator.start(
            Path(work) / "aws.env", *throttling.OPTIONS, scale=throttling.TIME_SCALE
        )
        try:
            found = throttling.measure(running, plan)
        finally:
            running.stop()
    _write("throttling", throttling.document(plan, found, _read("throttling")))
    print(throttling.table(plan, found))
    return all(cell.within for cell in found)


def _soak(given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as work:
        plan = soak.Plan(
            events=given.events,
            seed=given.seed,
            rate=given.rate,
            kills=given.kills,
            scale=given.time_scale,
        )
        found = soak.run(plan, Path(work))
    document = {"parameters": asdict(plan), **found.document()}
    _write("soak", document)
    print(json.dumps(document, indent=2))
    return found.lost == 0


def _fuzz(given: argparse.Namespace) -> bool:
    from bench.emulator import fuzz  # needs hypothesis, which the others do without

    with tempfile.TemporaryDirectory(prefix="bench-fuzz-") as work:
        running = RunningEmulator.start(Path(work) / "aws.env")
        try:
            found = fuzz.run(running, given.examples, given.seed)
        finally:
            running.stop()
    _write("fuzz", found)
    print(json.dumps(found, indent=2))
    return not found["failures"]


def _read(name: str) -> dict[str, Any]:
    """What an earlier run has written; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads((BUILD / "bench" / f"{name}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _write(name: str, document: object) -> None:
    (BUILD / "bench" / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
