"""`python -m bench.handler`: see `--help`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from console.errors import UsageError

from bench.handler import budget, callgrind, report, savings, task_roots, warm
from bench.handler.dynamodb_stub import DynamoDBStub
from bench.handler.environment import Surroundings, keep_off_the_measured_core
from bench.handler.figures import OURS, Counted, Measured, figures
from bench.handler.measuring import measure

if TYPE_CHECKING:
    import argparse

MINIMUM_RUNS = 15
_WARM_ORDERS = 10


def main(arguments: list[str] | None = None) -> int:
    """Run the bench; 0 for done, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        _bench(options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _bench(options: argparse.Namespace) -> None:
    if options.runs < MINIMUM_RUNS:
        raise UsageError(f"Medians need at least {MINIMUM_RUNS} runs: give --runs {MINIMUM_RUNS}.")
    if options.update_budget and not callgrind.available():
        raise UsageError("A budget holds instructions, which valgrind counts: install valgrind.")
    with tempfile.TemporaryDirectory() as temporary, DynamoDBStub() as stub:
        keep_off_the_measured_core()
        places = task_roots.prepare(Path(temporary))
        conventional = task_roots.conventional(Path(temporary, "conventional"))
        subjects = [places.floor, places.ours, conventional]
        surroundings = Surroundings(places.runtime, stub.url)
        lean = task_roots.lean(conventional)
        measured = Measured(
            machine=task_roots.machine(),
            runs=options.runs,
            samples=measure(subjects, surroundings, options.runs),
            own_cpu=warm.own_cpu(places.ours, surroundings),
            beside=warm.side_by_side(places.ours, lean, surroundings),
            counted=_counted(subjects, surroundings) if callgrind.available() else None,
            zip_bytes=places.zip_bytes,
            variants=savings.measure(Path(temporary), surroundings),
        )
        found = figures(measured)
        if options.update_budget:
            names, standard = budget.modules(places.ours, surroundings)
            ratio = found["initOverFloorInstructions"]
            cost = budget.Cost(places.zip_bytes, names, standard, ratio)
            budget.update(measured.machine["minor"], cost)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "handler.json").write_text(json.dumps(found, indent=2) + "\n")
    print(report.text(found))


def _counted(subjects: list[task_roots.Subject], surroundings: Surroundings) -> Counted:
    init = {each.name: callgrind.instructions(each, surroundings) for each in subjects}
    ours = next(each for each in subjects if each.name == OURS)
    one = callgrind.instructions(ours, surroundings, 1)
    more = callgrind.instructions(ours, surroundings, 1 + _WARM_ORDERS)
    return Counted(init, one - init[OURS], (more - one) // _WARM_ORDERS)


def _parser() -> Parser:
    parser = Parser(prog="nox -s bench_handler --", description=__doc__)
    parser.add_argument("--runs", type=int, default=MINIMUM_RUNS, metavar="N", help="at least 15")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), metavar="DIR")
    parser.add_argument(
        "--update-budget", action="store_true", help="commit what was found as the new budget"
    )
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
