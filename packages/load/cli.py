"""`run` loads and judges, `report` judges a run again, `plan` says what a peak needs."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from console.arguments import RaisingParser
from console.errors import UsageError
from reporting import amounts

from load.aws import Aws, connect, load_outputs
from load.deployed import deployed
from load.launch import launch, shared_by
from load.planning import cli as planning
from load.report import options as presentation
from load.report.files import leave
from load.report.next_command import look_again
from load.report.summary import report
from load.report.terminal import lines
from load.report.verdict import EXIT_STATUS
from load.report.wording import against
from load.run_log.directory import dated, holds_run, make_room
from load.run_log.settle import LONGEST_WAIT, RETRY_GAP, Patience
from load.scenarios import SCENARIOS, scenario
from load.send import open_files as descriptors
from load.send.events import planned
from load.thresholds import thresholds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from load.scenarios import Scenario


class Ended(Exception):  # noqa: N818 - what happened, not what went wrong
    """Another process told this one to end."""


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of processes, give 1 or more")
    return int(text)


def _parser() -> RaisingParser:
    parser = RaisingParser(prog="python -m load", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a scenario under Locust, then report on it")
    again = commands.add_parser("report", help="reconcile and judge a finished run")
    planning.add_options(
        commands.add_parser("plan", help="say what reserved concurrency a peak needs")
    )
    again.add_argument("--ledger", type=Path, required=True, help="directory of the run's books")
    place = run.add_mutually_exclusive_group(required=True)
    place.add_argument("--ledger", type=Path, help="a new directory for the run's books")
    place.add_argument(
        "--ledgers", type=Path, help="where each run gets a new one; `latest` leads to the last"
    )
    for command in (run, again):
        _add_judging(command)
    _add_sending(run)
    return parser


def _add_judging(command: RaisingParser) -> None:
    add = command.add_argument
    add("--outputs", type=Path, required=True, help="the stack's outputs.json")
    add("--thresholds", type=Path, help="a thresholds file instead of the own one")
    add("--drain-seconds", type=float, default=LONGEST_WAIT, help="longest wait for the backlog")
    add(
        "--quiet-seconds",
        type=float,
        default=RETRY_GAP,
        help="end it when nothing came for so long",
    )
    presentation.add_options(command)


def _add_sending(run: RaisingParser) -> None:
    add = run.add_argument
    add("--scenario", required=True, help=f"one of {', '.join(SCENARIOS)}")
    add("--seed", type=int, default=1, help="the same seed sends the same orders")
    add("--peak-rate", type=float, help="orders per second in the busiest stage")
    add("--duration", type=float, help="seconds from the first to the last arrival")
    add("--day", type=Path, help="JSON list of a day's weights")
    add("--processes", type=_count, default=1, help="that share the sending")
    add(
        "--statistics",
        choices=("events", "batches"),
        default="events",
        help="an event of Locust's for each request, or figures merged twice a second",
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 pass, 1 fail or invalid, 2 bad input, 3 inconclusive."""
    # Ends as Ctrl-C does, so that Locust is ended too.
    signal.signal(signal.SIGTERM, _end)
    options = argparse.Namespace()
    try:
        options = parsed(arguments)
        if options.command == "plan":
            planning.run(options)
            return 0
        return _run(options) if options.command == "run" else _report(options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Ended) as error:
        _say_what_is_kept(options)
        return 143 if isinstance(error, Ended) else 130


def _end(*_: object) -> NoReturn:
    raise Ended


def check(options: argparse.Namespace) -> Scenario:
    """Return what is to be sent. Raises UsageError for whatever is wrong without asking AWS."""
    presentation.wishes(options)
    _patience(options)
    chosen = scenario(options.scenario, options.peak_rate, options.duration, options.day)
    thresholds_of(chosen.name, options.thresholds)
    if next(planned(chosen, options.seed, "", 0.0), None) is None:
        raise UsageError(
            f"No order falls due in {amounts.number(chosen.duration)} s of {chosen.name} at "
            f"{amounts.rate(chosen.peak_rate)}: give a longer --duration or a higher --peak-rate."
        )
    return chosen


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Raises UsageError."""
    return _parser().parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    """Load, then report."""
    chosen = check(options)
    target = connect(Aws(), load_outputs(options.outputs))
    descriptors.check(chosen, target.slots, options.processes)
    if options.ledgers is not None:
        options.ledger = dated(options.ledgers)
    make_room(options.ledger, chosen.orders())
    further = ["--statistics", options.statistics, *shared_by(options.processes)]
    for name in ("day", "thresholds"):
        if getattr(options, name) is not None:
            further += [f"--{name}", str(getattr(options, name).resolve())]
    if not launch(chosen, options.seed, options.outputs, options.ledger, further):
        return 2
    return _report(options)


def _report(options: argparse.Namespace) -> int:
    """Reconcile and judge a run, and leave its report."""
    outputs, wishes = load_outputs(options.outputs), presentation.wishes(options)
    summary = report(options.ledger, outputs, _patience(options), options.thresholds)
    print("\n".join(lines(summary)))
    compared = leave(options.ledger, summary, deployed(Aws(), outputs), wishes)
    print(f"baseline  {against(compared)}\nreport    {options.ledger / 'report.html'}")
    worse = options.fail_when_worse and compared is not None and compared["worse"]
    return EXIT_STATUS[summary["verdict"]] or int(bool(worse))


def _patience(options: argparse.Namespace) -> Patience:
    return Patience(longest=options.drain_seconds, quiet=options.quiet_seconds)


def _say_what_is_kept(options: argparse.Namespace) -> None:
    ledger = getattr(options, "ledger", None)
    if ledger is not None and holds_run(ledger):
        function, sent = load_outputs(options.outputs).function, getattr(options, "scenario", "")
        print(
            f"Ended before its end; the ledger is kept in {ledger}. "
            f"{look_again(function, sent, ledger)}",
            file=sys.stderr,
        )
