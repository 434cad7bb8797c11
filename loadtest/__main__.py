"""`python -m loadtest run` loads and judges; `python -m loadtest report` judges a run again."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from loadtest.drain import LONGEST_WAIT, RETRY_GAP, Patience
from loadtest.errors import UsageError
from loadtest.launch import launch
from loadtest.ledger import make_room
from loadtest.printed import lines
from loadtest.report import report
from loadtest.shapes import SCENARIOS, scenario
from loadtest.target import load_outputs
from loadtest.verdict import EXIT_STATUS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a scenario under Locust, then report on it")
    again = commands.add_parser("report", help="reconcile and judge a finished run")
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
    run.add_argument("--scenario", required=True, help=f"one of {', '.join(SCENARIOS)}")
    run.add_argument("--seed", type=int, default=1, help="the same seed sends the same orders")
    run.add_argument("--peak-rate", type=float, help="orders per second in the busiest stage")
    run.add_argument("--duration", type=float, help="seconds from the first to the last arrival")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 pass, 1 fail or invalid, 2 bad input, 3 inconclusive."""
    options = _parser().parse_args(arguments)
    # Ends as Ctrl-C does, so that Locust is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        outputs = load_outputs(options.outputs)
        patience = Patience(longest=options.drain_seconds, quiet=options.quiet_seconds)
        if options.command == "run":
            chosen = scenario(options.scenario, options.peak_rate, options.duration)
            make_room(options.ledger)
            if not launch(chosen, options.seed, options.outputs, options.ledger):
                return 2
        summary = report(options.ledger, outputs, patience)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print("\n".join(lines(summary)))
    return EXIT_STATUS[summary["verdict"]]


if __name__ == "__main__":
    sys.exit(main())
