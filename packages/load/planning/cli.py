"""`python -m load plan`: its options, and the files it leaves."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.arguments import positive, whole
from console.errors import UsageError
from reporting import amounts

from load.planning import page, sources, text
from load.planning.plan import Question, plan
from load.planning.prices import ARCHITECTURES, COLD_WRITES, LOGGED_BYTES, Extras

if TYPE_CHECKING:
    from console.arguments import Parser

    from load.planning.capacity import Account

MEMORY_MB: Final = 512
"""What the stacks give the function unless told otherwise."""


def add_options(parser: Parser) -> None:
    """Add the planner's options."""
    parser.add_argument(
        "--peak", type=positive, required=True, help="events per second in the busiest hour"
    )
    parser.add_argument(
        "--target", type=_share, default=0.01, help="share of attempts that may be refused: 1%%"
    )
    slot = parser.add_mutually_exclusive_group()
    slot.add_argument("--slot-ms", type=positive, help="time an execution holds its slot")
    slot.add_argument("--run-log", type=Path, help="the run to take the slot time from")
    parser.add_argument(
        "--build", type=Path, default=Path("build"), help="where to look for the newest passed run"
    )
    parser.add_argument("--memory-mb", type=int, help=f"unless the run says it; {MEMORY_MB}")
    parser.add_argument(
        "--architecture", choices=list(ARCHITECTURES), default="x86_64", help="of the stack"
    )
    parser.add_argument(
        "--snapshots", type=whole(0), default=0, metavar="N",
        help="versions kept with a snapshot, where the stack has snapStart",
    )  # fmt: skip
    parser.add_argument("--log-format", choices=list(LOGGED_BYTES), default="Text")
    parser.add_argument(
        "--warm-writes", type=whole(0), default=COLD_WRITES, metavar="N",
        help=f"the stack's warmWritesPerSecond; {amounts.count(COLD_WRITES)} are free",
    )  # fmt: skip
    parser.add_argument(
        "--retried", type=_share, default=0.0, help="share of events sent again until served"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("build/plan"), help="directory for plan.html and plan.json"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make the plan, leave its files and return it. Raises UsageError."""
    if not 0 < options.target < 1:
        raise UsageError("--target must lie above 0% and below 100%, such as 1% or 0.01.")
    slot = _slot(options)
    memory = options.memory_mb or slot.memory_mb or MEMORY_MB
    if not 128 <= memory <= 10_240:
        raise UsageError(f"--memory-mb {memory} is not a Lambda memory size: 128 to 10240.")
    extras = Extras(options.snapshots, options.warm_writes, options.log_format)
    asked = Question(
        options.peak, options.target, memory, options.retried, options.architecture, extras
    )
    made = plan(asked, slot, _limits(slot.function))
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "plan.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        (options.out / "plan.html").write_text(page.render(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The plan cannot be written to {options.out}: {error.strerror}."
        ) from error
    print(text.render(made), end="")
    print(f"\n{options.out / 'plan.html'}")
    return made


def _slot(options: argparse.Namespace) -> sources.Measured:
    if options.slot_ms is not None:
        return sources.given(options.slot_ms)
    if options.run_log is not None:
        return sources.measured(options.run_log)
    return sources.newest_passed(options.build)


def _limits(function: str | None) -> Account | str:
    try:
        return sources.account(function)
    except UsageError as error:
        return str(error)


def _share(given: str) -> float:
    """Read `1%` or `0.01`."""
    try:
        value = float(given.removesuffix("%")) / (100 if given.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if 1 <= value <= 100 and not given.endswith("%"):
        raise argparse.ArgumentTypeError(
            f"{given} is all of them or more; write {given}% for {given} in a hundred"
        )
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{given} is no share: give 1% or 0.01")
    return value
