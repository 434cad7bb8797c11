"""Stands for the Pulumi CLI: runs the real program through the in-process engine.

The state backend is a directory (`PULUMI_BACKEND_URL=file://...`).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

# The checked-out commit's engine and program, instead of this directory, which has a `pulumi` too.
sys.path[0] = os.fspath(Path.cwd())

from rehearsal.engine import deployment, project  # noqa: E402
from rehearsal.engine.errors import EngineError  # noqa: E402

# Zip and interpreter are of this machine's Python, whichever the stack names.
OVERRIDES = {"runtime": "manifest"}


def main(arguments: list[str]) -> int:
    """Do what was asked; 255 where the real one would fail."""
    options = _parser().parse_args(arguments)
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    if not backend.startswith("file://"):
        print("error: no credentials for a backend", file=sys.stderr)
        return 255
    if options.command == "whoami":
        print("runner")
        return 0
    directory = Path(backend.removeprefix("file://")) / options.stack
    if options.command == "select":
        directory.mkdir(parents=True, exist_ok=True)
        return 0
    if not directory.is_dir():
        print(f"error: no stack named '{options.stack}' found", file=sys.stderr)
        return 255
    try:
        return int(
            {"output": output, "up": up, "preview": preview, "refresh": refresh}[options.command](
                options.stack, directory
            )
        )
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 255


def output(_stack: str, directory: Path) -> int:
    """Print the last deployment's outputs, none before the first."""
    path = directory / deployment.OUTPUTS
    print(path.read_text(encoding="utf-8") if path.exists() else "{}")
    return 0


def up(stack: str, directory: Path) -> int:
    """Take over into the state what AWS holds, then deploy: what was changed by hand is mended."""
    loaded = project.load(Path.cwd(), stack, OVERRIDES)
    deployment.up(loaded, directory, _say, refreshed=True)
    return 0


def preview(stack: str, directory: Path) -> int:
    """Say what a deployment would do: the program is run, nothing is applied."""
    deployment.preview(project.load(Path.cwd(), stack, OVERRIDES), directory, _say)
    return 0


def refresh(stack: str, directory: Path) -> int:
    """Compare AWS with the state; anything that differs is a failure."""
    found = deployment.refresh(project.load(Path.cwd(), stack, OVERRIDES), directory, write=False)
    for drift in found:
        if not drift.held:
            print(f"{drift.type} {drift.name} is gone")
        for name, held in drift.held.items():
            was = drift.was.get(name)
            print(f"~ {drift.type} {drift.name}: {name} is {held}, was deployed as {was}")
    if found:
        print("error: no changes were expected but changes were proposed", file=sys.stderr)
        return 255
    print("Everything is as it was deployed.")
    return 0


def _say(operation: str, type_: str, name: str) -> None:
    print(f"{operation:<8}{type_} {name}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pulumi", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("whoami")
    stack = commands.add_parser("stack").add_subparsers(dest="command", required=True)
    select = stack.add_parser("select")
    select.add_argument("--create", action="store_true", required=True)
    select.add_argument("stack")
    stack.add_parser("output").add_argument("--json", action="store_true", required=True)
    deploys = commands.add_parser("up")
    commands.add_parser("preview")
    again = commands.add_parser("refresh")
    for one, option in (
        *((deploys, option) for option in ("--refresh", "--yes")),
        *((again, option) for option in ("--preview-only", "--expect-no-changes")),
    ):
        one.add_argument(option, action="store_true", required=True)
    named = [stack.choices["output"], *(commands.choices[n] for n in ("up", "preview", "refresh"))]
    for one in named:
        one.add_argument("--stack", required=True)
    for one in (commands.choices["preview"], again):
        one.add_argument("--diff", action="store_true", required=True)
        one.add_argument("--color", choices=["never"], required=True)
    for one in (commands.choices["whoami"], select, *named):
        one.add_argument("--non-interactive", action="store_true", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
