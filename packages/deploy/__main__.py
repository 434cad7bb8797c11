"""`python -m deploy preview|deploy|drift|recover|move|destroy STACK ...`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser, pair
from console.errors import UsageError

from deploy import lifecycle, moving, recovery
from deploy.errors import OperationError
from deploy.project import PROJECTS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from deploy.project import Project


def main(arguments: Sequence[str], projects: Mapping[str, Project] = PROJECTS) -> int:
    """Return 0 done, 1 refused or drifted, 2 something to put right first, 3 nothing to compare."""
    options = _parser(projects).parse_args(arguments)
    project: Project = projects[options.project]
    if options.outputs:
        project = replace(project, outputs=options.outputs)
    try:
        if options.command == "move":
            return moving.move(project, options.stack, options.to, _say)
        if options.command in ("recover", "destroy"):
            ask = {"recover": recovery.recover, "destroy": moving.destroy}[options.command]
            return ask(project, options.stack, lambda: _agreed(options), _say)
        do = {"preview": lifecycle.preview, "deploy": lifecycle.deploy, "drift": lifecycle.drift}
        return do[options.command](project, options.stack, dict(options.config), _say)
    except (UsageError, OperationError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _parser(projects: Mapping[str, Project]) -> Parser:
    parser = Parser(prog="python -m deploy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("preview", "deploy", "drift", "recover", "move", "destroy"):
        command = commands.add_parser(name)
        command.add_argument("stack")
        command.add_argument("--project", choices=tuple(projects), default="services")
        command.add_argument("--outputs", type=Path, help="where each stack's files go")
        if name == "move":
            command.add_argument("--to", required=True, help="the new backend, as s3://bucket/p")
        elif name in ("recover", "destroy"):
            command.add_argument("--yes", action="store_true", help="change without asking")
        else:
            command.add_argument(
                "--config", action="append", default=[], type=pair, metavar="KEY=VALUE"
            )
    return parser


def _agreed(options: argparse.Namespace) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to ask at: add --yes to {options.command} it.")
    answer = input(f"{options.command.capitalize()} '{options.stack}'? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
