"""The command line: `python -m rehearsal.faults [--events N] [--seed N] [--only KIND]`."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from console.arguments import Parser, whole
from service import declaration

from rehearsal.command import ended
from rehearsal.faults.kinds import KINDS
from rehearsal.faults.oracle import load
from rehearsal.faults.run import run, say
from rehearsal.faults.settings import Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Make a run; 0 where every event had exactly one effect, 1 where not, 2 for bad input."""
    return ended("faults", lambda: _run(_parser().parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    names = {field.name for field in fields(Settings)}
    given = {key: value for key, value in vars(options).items() if key in names}
    given["service"] = declaration.chosen(options.service)
    settings = Settings(**given)
    if options.prove:
        return prove(settings)
    report = run(settings, say)
    print(report.text())
    return 0 if report.passed else 1


def prove(settings: Settings) -> int:
    """Break the service in each known way; 0 where every breakage was found, 1 where not."""
    missed = []
    for name, breakage in load(settings.service).breakages().items():
        directory = settings.directory / f"broken-{name}"
        report = run(replace(settings, broken=name, directory=directory), lambda _: None)
        found = sorted(report.faults)
        print(f"{name:<20} {len(report.complaints):>4} complaints: {', '.join(found) or 'none'}")
        if breakage.finds not in found:
            missed.append(name)
    print(f"missed: {', '.join(missed)}" if missed else "every breakage was found")
    return 1 if missed else 0


def _parser() -> Parser:
    default = {field.name: field.default for field in fields(Settings)}
    parser = Parser(prog="faults", description="Hold exactly one effect per event against faults.")
    add, count = parser.add_argument, whole(1, 1_000_000)
    add("--service", metavar="NAME", help="the first one, by default")
    add("--events", "--orders", type=count, default=default["events"], help="of the whole run")
    add("--seed", type=int, default=default["seed"], help="replays a run's faults")
    add("--only", choices=sorted(KINDS), metavar="KIND", help="send this kind's events only")
    add("--clients", type=count, default=default["clients"], help="events under way at a time")
    add("--lanes", type=count, default=default["lanes"], help="struck events under way at a time")
    add("--broken", metavar="NAME", help="break a copy of the service like this")
    add("--prove", action="store_true", help="break it in each way, and expect to find each")
    add("--directory", type=_directory, default=default["directory"], help="run log and report")
    return parser


def _directory(text: str) -> Path:
    return Path(text).resolve()
