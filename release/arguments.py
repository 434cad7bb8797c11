"""The command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from release.clock import from_text
from release.errors import UsageError
from release.gate import MAXIMUM_ERROR_SHARE, MINIMUM_SAMPLES
from release.redrive import MAXIMUM, RATE

if TYPE_CHECKING:
    from datetime import datetime

STANDARD_OUTPUT = Path("-")
CANDIDATE = "default: the version of the last deployment"


class _Parser(argparse.ArgumentParser):
    """Answers bad input by one sentence instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}; see --help.")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command and its options; UsageError on bad input."""
    return _parser().parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="release",
        description="Release a version behind its alias. "
        "Exit status: 0 done, 1 failed, 2 refused, 3 inconclusive.",
    )
    parser.add_argument("--outputs", type=Path, required=True, help="the stack's outputs.json")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="show alias, alarms and dead letters")
    status.add_argument(
        "--json", type=Path, nargs="?", const=STANDARD_OUTPUT, metavar="FILE",
        help="as JSON, to the terminal without a FILE",
    )  # fmt: skip
    discover = _command(commands, "discover", "write the outputs file from what is in AWS")
    discover.add_argument("--stack", required=True)
    smoke = _command(commands, "smoke", "send synthetic orders to a version")
    smoke.add_argument("--version", help=CANDIDATE)
    _add_canary(commands)
    _add_gate(commands)
    promote = _command(commands, "promote", "make the canary live")
    promote.add_argument("--version", help=CANDIDATE)
    promote.add_argument("--commit", help="recorded on the alias; default: GITHUB_SHA")
    promote.add_argument("--reason", help="promote what the gate did not pass, recording why")
    rollback = _command(commands, "rollback", "put the alias back, or end the canary")
    target = rollback.add_mutually_exclusive_group()
    target.add_argument("--version", help="default: the version that was live before")
    target.add_argument(
        "--canary-only", action="store_true", help="end a canary if there is one, no more"
    )
    redrive = _command(commands, "redrive", "replay dead letters")
    redrive.add_argument("--rate", type=float, default=RATE, help="a second (%(default)s)")
    redrive.add_argument("--max", type=int, default=MAXIMUM, help="messages (%(default)s)")
    return parser


def _add_canary(commands: argparse._SubParsersAction[_Parser]) -> None:
    canary = _command(commands, "canary", "give a version a share of the traffic")
    canary.add_argument("--version", help=CANDIDATE)
    canary.add_argument("--weight", type=float, required=True, help="a share from 0 to 1")


def _add_gate(commands: argparse._SubParsersAction[_Parser]) -> None:
    gate = _command(commands, "gate", "watch the canary, take it back unless it passes")
    gate.add_argument("--version", help=CANDIDATE)
    gate.add_argument("--since", type=_moment, help="ISO time; default: the canary's start")
    gate.add_argument("--bake", type=float, default=300.0, help="seconds (%(default)s)")
    gate.add_argument("--poll", type=float, default=15.0, help="seconds (%(default)s)")
    gate.add_argument("--minimum-samples", type=int, default=MINIMUM_SAMPLES)
    gate.add_argument("--maximum-error-share", type=float, default=MAXIMUM_ERROR_SHARE)
    gate.add_argument("--on-fail", choices=("restore", "report"), default="restore")


def _command(
    commands: argparse._SubParsersAction[_Parser], name: str, purpose: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=purpose, description=purpose)
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the result there")
    return command


def _moment(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no ISO 8601 time with an offset ({error})"
        ) from None
