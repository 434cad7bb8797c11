"""`python -m engine COMMAND --stack NAME [--config KEY=VALUE ...]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser, pair
from console.checkout import ROOT
from reporting.changes import Change

from engine import deployment, project
from engine.errors import EngineError
from engine.process import stack_directory

if TYPE_CHECKING:
    import argparse

    from engine.project import Project


def main(arguments: list[str]) -> int:
    """Do what is asked of one stack: a line per resource on stdout, a refusal on stderr.

    `refresh` ends with 1 where AWS is not as the stack was deployed.
    """
    options = _parser().parse_args(arguments)
    directory = options.directory or stack_directory(options.stack)
    try:
        loaded = project.load(options.root, options.stack, dict(options.config))
        if options.fresh:
            deployment.forget(directory)
        return _COMMANDS[options.command](loaded, directory, options)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted: `recover` the stack, then do the same again.", file=sys.stderr)
        return 130


def _up(loaded: Project, directory: Path, options: argparse.Namespace) -> int:
    for note in deployment.left_open(directory):
        name = note.record.name
        print(f"A deployment was killed {note.operation} {name}: `recover`.", file=sys.stderr)
    deployment.up(loaded, directory, _report, refreshed=options.refresh)
    return 0


def _preview(loaded: Project, directory: Path, options: argparse.Namespace) -> int:
    deployment.preview(loaded, directory, _report, refreshed=options.refresh)
    return 0


def _refresh(loaded: Project, directory: Path, _: argparse.Namespace) -> int:
    found = deployment.refresh(loaded, directory)
    for drift in found:
        _report("changed" if drift.held else "gone", drift.type, drift.name)
        for name, held in drift.held.items():
            print(f"        {name}: {drift.was.get(name)} -> {held}")
    return 1 if found else 0


def _recover(loaded: Project, directory: Path, _: argparse.Namespace) -> int:
    for note, there in deployment.recover(loaded, directory):
        _report("there" if there else "absent", note.record.type, note.record.name)
    return 0


def _destroy(loaded: Project, directory: Path, _: argparse.Namespace) -> int:
    deployment.destroy(loaded, directory, _report)
    return 0


def _held(loaded: Project, directory: Path, _: argparse.Namespace) -> int:
    print(json.dumps(deployment.held(loaded, directory)))
    return 0


_COMMANDS = {
    "up": _up,
    "preview": _preview,
    "refresh": _refresh,
    "recover": _recover,
    "destroy": _destroy,
    "held": _held,
}


def _report(operation: str, type_: str, name: str) -> None:
    print(Change(operation, type_, name), flush=True)


def _parser() -> Parser:
    parser = Parser(prog="python -m engine", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--config", action="append", default=[], type=pair, metavar="KEY=VALUE")
    parser.add_argument("--fresh", action="store_true", help="AWS is new: forget the last state")
    parser.add_argument("--refresh", action="store_true", help="first take over what AWS holds")
    parser.add_argument("--directory", type=Path, help="where state and outputs lie")
    parser.add_argument("--root", type=Path, default=ROOT, help="where Pulumi.yaml lies")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
