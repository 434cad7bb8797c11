"""`python -m rehearsal.trials.bad_releases`: every bad candidate at the gate. None may pass."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser, positive
from console.checkout import ROOT
from console.processes import Children
from service import declaration
from service.candidates import injected, names

from rehearsal.command import ended
from rehearsal.settings import Settings
from rehearsal.trials.trial import RATE, Trials, summary, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rehearsal.trials.trial import Trial


def main(arguments: Sequence[str]) -> int:
    """Try the candidates; 0 where every one was refused."""
    options = _parser().parse_args(arguments)
    return ended("bad_releases", lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    service = declaration.chosen(options.service)
    chosen = options.candidates or names(service)
    for name in chosen:
        injected(service, name)  # one that is not there is refused before anything starts
    settings = Settings(
        service=service,
        directory=options.directory.resolve(),
        seed=options.seed,
        storage_latency_ms=20,
    )
    settings.directory.mkdir(parents=True, exist_ok=True)
    tried: list[Trial] = []
    with Children(ROOT, settings.directory / "logs") as children:
        trials = Trials(settings, options.rate, children)
        trials.prepare()
        for name in chosen:
            trials.offer(name)
            tried.append(trials.run(name, options.seed, good=False))
            print(table(tried[-1:]), flush=True)
    report = summary(tried)
    (settings.directory / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"bad: {report['bad']}, promoted {report['badPromoted']}")
    return int(bool(report["badPromoted"]))


def _parser() -> Parser:
    parser = Parser(prog="bad_releases", description=__doc__)
    parser.add_argument(
        "candidates", nargs="*", help="names of bad candidates of the service; all of them"
    )
    parser.add_argument("--service", metavar="NAME", help="the first one, by default")
    parser.add_argument("--rate", type=positive, default=RATE, help="events a second (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the traffic (%(default)s)")
    parser.add_argument("--directory", type=Path, default=ROOT / "build" / "bad-releases")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
