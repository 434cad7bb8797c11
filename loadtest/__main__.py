"""`run` loads and judges, `report` judges a run again, `plan` says what a peak needs."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from loadtest.deployed import deployed
from loadtest.drain import LONGEST_WAIT, RETRY_GAP, Patience
from loadtest.errors import UsageError
from loadtest.launch import launch
from loadtest.ledger import make_room
from loadtest.planning import cli as planning
from loadtest.presentation import options as presentation
from loadtest.presentation.files import leave
from loadtest.presentation.words import against
from loadtest.printed import lines
from loadtest.report import report
from loadtest.shapes import SCENARIOS, scenario
from loadtest.target import Aws, load_outputs
from loadtest.verdict import EXIT_STATUS


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a scenario under Locust, then report on it")
    again = commands.add_parser("report", help="reconcile and judge a finished run")
    planning.add_options(
        commands.add_parser("plan", help="say what reserved concurrency a peak needs")
    )
    for command in (run, again):
        command.add_argument("--outputs", type=Path, required=True, help="the stack's outputs.json")
        command.add_argument(
            "--ledger", type=Path, required=True, help="directory of the run's books"
        )
        command.add_argument(
            "--drain-seconds", type=float, default=LONGEST_WAIT, help="longest wait for the backlog"
        )
        command.add_argument(
            "--quiet-seconds",
            type=float,
            default=RETRY_GAP,
            help="end it when nothing came for so long",
        )
        presentation.add_options(command)
    run.add_argument("--scenario", required=True, help=f"one of {', '.join(SCENARIOS)}")
    run.add_argument("--seed", type=int, default=1, help="the same seed sends the same orders")
    run.add_argument("--peak-rate", type=float, help="orders per second in the busiest stage")
    run.add_argument("--duration", type=float, help="seconds from the first to the last arrival")
    run.add_argument("--day", type=Path, help="JSON list of a day's weights")
    run.add_argument("--processes", type=_count, default=1, help="that share the sending")
    run.add_argument(
        "--statistics",
        choices=("events", "batches"),
        default="events",
        help="an event of Locust's for each request, or figures merged twice a second",
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 pass, 1 fail or invalid, 2 bad input, 3 inconclusive."""
    options = _parser().parse_args(arguments)
    # Ends as Ctrl-C does, so that Locust is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.command == "plan":
            planning.run(options)
            return 0
        outputs, wishes = load_outputs(options.outputs), presentation.wishes(options)
        patience = Patience(longest=options.drain_seconds, quiet=options.quiet_seconds)
        if options.command == "run":
            chosen = scenario(options.scenario, options.peak_rate, options.duration, options.day)
            make_room(options.ledger)
            further = ["--statistics", options.statistics]
            if options.day is not None:
                further += ["--day", str(options.day.resolve())]
            if options.processes > 1:
                further += ["--processes", str(options.processes)]
            if not launch(chosen, options.seed, options.outputs, options.ledger, further):
                return 2
        summary = report(options.ledger, outputs, patience)
        print("\n".join(lines(summary)))
        compared = leave(options.ledger, summary, deployed(Aws(), outputs), wishes)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f"baseline  {against(compared)}\nreport    {options.ledger / 'report.html'}")
    worse = options.fail_when_worse and compared is not None and compared["worse"]
    return EXIT_STATUS[summary["verdict"]] or int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
