"""`run` loads and judges, `report` judges a run again, `plan` says what a peak needs."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from console.arguments import RaisingParser, whole
from console.errors import UsageError
from reporting import amounts

from load.aws import Aws, connect, deployed, load_outputs
from load.launch import launch
from load.model.arrivals import poisson
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
from load.send import open_files
from load.send.events import arrival_stream, probes_of
from load.thresholds import thresholds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from load.scenarios import LoadTests, Scenario


class Ended(Exception):  # noqa: N818 - what happened, not what went wrong
    """Another process told this one to end."""


def _parser(load_tests: LoadTests) -> RaisingParser:
    parser = RaisingParser(prog=f"python -m {load_tests.command}", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a scenario under Locust, then report on it")
    again = commands.add_parser("report", help="reconcile and judge a finished run")
    planning.add_options(
        commands.add_parser("plan", help="say what reserved concurrency a peak needs")
    )
    again.add_argument("--run-log", type=Path, required=True, help="directory of the run log")
    place = run.add_mutually_exclusive_group(required=True)
    place.add_argument("--run-log", type=Path, help="a new directory for the run log")
    place.add_argument(
        "--run-logs", type=Path, help="where each run gets a new one; `latest` leads to the last"
    )
    for command in (run, again):
        _add_judging(command, load_tests)
    _add_sending(run, load_tests)
    return parser


def _add_judging(command: RaisingParser, load_tests: LoadTests) -> None:
    add = command.add_argument
    add("--outputs", type=Path, required=True, help="the service's outputs.json")
    add(
        "--thresholds",
        type=Path,
        default=load_tests.thresholds,
        help="a thresholds file instead of the own one",
    )
    add("--drain-seconds", type=float, default=LONGEST_WAIT, help="longest wait for the backlog")
    add(
        "--quiet-seconds",
        type=float,
        default=RETRY_GAP,
        help="end it when nothing came for so long",
    )
    presentation.add_options(command)


def _add_sending(run: RaisingParser, load_tests: LoadTests) -> None:
    add = run.add_argument
    add("--scenario", required=True, help=f"one of {', '.join(load_tests.names)}")
    add("--seed", type=int, default=1, help="the same seed sends the same events")
    add("--peak-rate", type=float, help="events per second in the busiest stage")
    add("--duration", type=float, help="seconds from the first to the last arrival")
    add("--day", type=Path, help="JSON list of a day's weights")
    add("--processes", type=whole(1), default=1, help="that share the sending")
    add(
        "--statistics",
        choices=("events", "batches"),
        default="events",
        help="an event of Locust's for each request, or figures merged twice a second",
    )


def main(load_tests: LoadTests, arguments: list[str] | None = None) -> int:
    """Run a command; return 0 pass, 1 fail or invalid, 2 bad input, 3 inconclusive."""
    # Ends as Ctrl-C does, so that Locust is ended too.
    signal.signal(signal.SIGTERM, _end)
    options = argparse.Namespace()
    try:
        options = parsed(load_tests, arguments)
        if options.command == "plan":
            planning.run(options)
            return 0
        return _run(load_tests, options) if options.command == "run" else _report(options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Ended) as error:
        _say_what_is_kept(options)
        return 143 if isinstance(error, Ended) else 130


def _end(*_: object) -> NoReturn:
    raise Ended


def check(load_tests: LoadTests, options: argparse.Namespace) -> Scenario:
    """Return what is to be sent. Raises UsageError for whatever is wrong without asking AWS."""
    presentation.wishes(options)
    _patience(options)
    chosen = load_tests.scenario(options.scenario, options.peak_rate, options.duration, options.day)
    thresholds_of(chosen.name, options.thresholds)
    if next(poisson(chosen.stages(), arrival_stream(options.seed)), None) is None:
        raise UsageError(
            f"No event falls due in {amounts.number(chosen.duration)} s of {chosen.name} at "
            f"{amounts.rate(chosen.peak_rate)}: give a longer --duration or a higher --peak-rate."
        )
    return chosen


def parsed(load_tests: LoadTests, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Raises UsageError."""
    return _parser(load_tests).parse_args(arguments)


def _run(load_tests: LoadTests, options: argparse.Namespace) -> int:
    """Load, then report."""
    chosen = check(load_tests, options)
    outputs = load_outputs(options.outputs)
    destination = connect(Aws(), outputs)
    probes_of(outputs.service)
    open_files.check(chosen, destination.concurrency, options.processes)
    if options.run_logs is not None:
        options.run_log = dated(options.run_logs)
    make_room(options.run_log, chosen.events())
    if not launch(load_tests, chosen, options):
        return 2
    return _report(options)


def _report(options: argparse.Namespace) -> int:
    """Reconcile and judge a run, and leave its report."""
    outputs, wishes = load_outputs(options.outputs), presentation.wishes(options)
    summary = report(options.run_log, outputs, _patience(options), options.thresholds)
    print("\n".join(lines(summary)))
    compared = leave(options.run_log, summary, deployed(Aws(), outputs), wishes)
    print(f"baseline  {against(compared)}\nreport    {options.run_log / 'report.html'}")
    worse = options.fail_when_worse and compared is not None and compared["worse"]
    return EXIT_STATUS[summary["verdict"]] or int(bool(worse))


def _patience(options: argparse.Namespace) -> Patience:
    return Patience(longest=options.drain_seconds, quiet=options.quiet_seconds)


def _say_what_is_kept(options: argparse.Namespace) -> None:
    run_log = getattr(options, "run_log", None)
    if run_log is not None and holds_run(run_log):
        outputs, sent = load_outputs(options.outputs), getattr(options, "scenario", "")
        print(
            f"Ended before its end; the run log is kept in {run_log}. "
            f"{look_again(outputs.stack, outputs.service.name, sent, run_log)}",
            file=sys.stderr,
        )
