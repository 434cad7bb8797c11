"""The command line."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from console.arguments import Parser, RaisingParser, whole

from release.aws.clock import from_text
from release.commands import prune, redrive
from release.commands.live_watch import POLL
from release.gate.judge import PATIENCE
from release.observation import MAXIMUM_ERROR_SHARE, MINIMUM_SAMPLES
from release.plans import PLANS
from release.synthetic import traffic
from release.synthetic.answers import MAXIMUM_INIT_MS

if TYPE_CHECKING:
    from datetime import datetime

WATCH_LIMIT = 7200
"""Seconds: as long as a stack's `watchSeconds` may be."""

STANDARD_OUTPUT = Path("-")
WEIGHT = PLANS["canary"][0]
CANDIDATE = "default: the version of the last deployment"


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command and its options, as `typed` and understood; UsageError on bad input."""
    options = _parser().parse_args(arguments)
    options.typed = arguments[arguments.index(options.command) + 1 :]
    if getattr(options, "reason", None):
        options.reason = " ".join(options.reason.split())  # it stands in tables
    return options


@cache
def _parser() -> RaisingParser:
    parser = RaisingParser(
        prog="release",
        description="Release a version behind its alias. "
        "Exit status: 0 done, 1 failed, 2 refused, 3 inconclusive.",
    )
    parser.add_argument("--outputs", type=Path, required=True, help="the stack's outputs.json")
    parser.add_argument("--service", help="default: the outputs', or the first one")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    status = commands.add_parser("status", help="show alias, ledger, alarms and DLQ messages")
    status.add_argument(
        "--json", type=Path, nargs="?", const=STANDARD_OUTPUT, metavar="FILE",
        help="as JSON, to the terminal without a FILE",
    )  # fmt: skip
    discover = _command(commands, "discover", "write the outputs file from what is in AWS")
    discover.add_argument("--stack", required=True)
    discover.add_argument("--service", help="needed where there are several")
    _command(commands, "drift", "compare alias, ledger, versions and alarms with the outputs")
    invoke = _command(commands, "invoke", "send one event to the alias and show the answer")
    invoke.add_argument(
        "event", type=Path, nargs="?", help="a JSON file; default: a synthetic event of the service"
    )
    _add_ledger(commands)
    _add_trials(commands)
    _add_canary(commands)
    gate = _command(commands, "gate", "watch the canary, take it back unless it passes")
    gate.add_argument("--version", help=CANDIDATE)
    gate.add_argument("--since", type=_moment, help="ISO time; default: the canary's start")
    gate.add_argument("--on-fail", choices=("restore", "report"), default="restore")
    _add_watch(gate)
    _add_moves(commands)
    _add_rollout(commands)
    _add_live_watch(commands)
    _add_hold(commands)
    _add_redrive(commands)
    return parser


def _add_ledger(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    ledger = _command(commands, "ledger", "show what was decided, newest first")
    ledger.add_argument(
        "--last",
        type=int,
        help=f"entries ({prune.KEEP}, or {prune.KEEP_SNAPSHOTS} where versions have snapshots)",
    )
    pruning = _command(commands, "prune", "delete versions and entries that nothing needs")
    pruning.add_argument("--keep", type=int, default=prune.KEEP, help="entries (%(default)s)")


def _add_trials(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    verify = _command(commands, "verify", "check artifact and provenance, and the version's code")
    smoke = _command(commands, "smoke", "send the service's probes to a version")
    smoke.add_argument("--seed", type=int, help="draw the events of an earlier run again")
    warm = _command(commands, "warm", "start environments of a version where there is room")
    warm.add_argument("--weight", type=float, default=1.0, help="share to warm for (%(default)s)")
    for trial in (verify, smoke, warm):
        _add_target(trial)
    for trial in (smoke, warm):
        _add_init(trial)
    verify.add_argument(
        "--provenance", metavar="COMMAND",
        help="must succeed; {artifact} is the zip, as in 'gh attestation verify {artifact} ...'",
    )  # fmt: skip


def _add_canary(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    canary = _command(commands, "canary", "give a version a share of the traffic")
    _add_target(canary)
    canary.add_argument(
        "--weight", type=float, default=WEIGHT, help="a share from 0 to 1 (%(default)s)"
    )
    canary.add_argument(
        "--reason", help="take what was rolled back from or is older, recording why"
    )


def _add_moves(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    promote = _command(commands, "promote", "make the canary live")
    _add_target(promote)
    _add_origin(promote)
    promote.add_argument("--reason", help="promote what the gate did not pass, recording why")
    rollback = _command(commands, "rollback", "put the alias back, or end the canary")
    rollback.add_argument("--version", help="default: the version that was live before")
    rollback.add_argument("--commit", help="the version that the ledger has for it")
    rollback.add_argument(
        "--canary-only", action="store_true", help="end a canary, and any rollout under way"
    )
    rollback.add_argument("--reason", help="recorded in the ledger")


def _add_hold(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    hold = _command(commands, "release_hold", "show what is held; set it, lift it")
    what = hold.add_mutually_exclusive_group()
    what.add_argument("--set", action="store_true", help="hold what contains a commit")
    what.add_argument("--lift", action="store_true", help="hold nothing any longer")
    hold.add_argument("--commit", help="to hold; default: the live version's")
    hold.add_argument("--reason", default="", help="recorded in the ledger")


def _add_live_watch(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    watch = _command(commands, "watch", "watch what was promoted, take it back if it fails")
    watch.add_argument("--poll", type=float, default=POLL, help="seconds (%(default)s)")
    watch.add_argument(
        "--abandoned", action="store_true", help="only what nobody watches any longer"
    )


def _add_rollout(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    rollout = _command(commands, "rollout", "warm, shift, watch at each step, promote; resumable")
    _add_target(rollout)
    _add_origin(rollout)
    shape = rollout.add_mutually_exclusive_group()
    shape.add_argument("--plan", choices=tuple(PLANS), help="default: the stack's")
    shape.add_argument("--steps", type=_shares, help="shares instead of the plan's: 0.1,0.5")
    rollout.add_argument(
        "--reason", help="for all-at-once, or what was rolled back from or is older"
    )
    rollout.add_argument(
        "--watch", type=whole(0, WATCH_LIMIT), metavar="SECONDS",
        help="after the promotion, 0 for none; default: the stack's watchSeconds",
    )  # fmt: skip
    rollout.add_argument(
        "--within", type=float, metavar="SECONDS", help="refuse what may take longer to watch"
    )
    _add_init(rollout)
    _add_watch(rollout)


def _add_redrive(commands: argparse._SubParsersAction[RaisingParser]) -> None:
    parser = _command(commands, "redrive", "replay DLQ messages")
    parser.add_argument("--rate", type=float, default=redrive.RATE, help="a second (%(default)s)")
    parser.add_argument("--max", type=int, default=redrive.MAXIMUM, help="messages (%(default)s)")
    parser.add_argument("--list", action="store_true", help="show them with their errors only")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT",
        help="replay these: a message id, event id or part of the error; may be repeated",
    )  # fmt: skip


def _add_watch(parser: Parser) -> None:
    parser.add_argument("--bake", type=float, default=300.0, help="seconds (%(default)s)")
    parser.add_argument("--poll", type=float, default=15.0, help="seconds (%(default)s)")
    parser.add_argument("--minimum-samples", type=int, default=MINIMUM_SAMPLES)
    parser.add_argument("--maximum-error-share", type=float, default=MAXIMUM_ERROR_SHARE)
    parser.add_argument(
        "--accept-rejections", metavar="REASON",
        help="take a candidate that rejects other events than the live version, recording why",
    )  # fmt: skip
    parser.add_argument(
        "--on-inconclusive", choices=("stop", "wait", "synthetic"), default="stop",
        help="after the bake time: stop, wait for traffic, or send synthetic traffic",
    )  # fmt: skip
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="seconds to wait or send (%(default)s)"
    )
    parser.add_argument(
        "--synthetic-rate", type=float, default=traffic.RATE, help="events a second (%(default)s)"
    )


def _add_target(parser: Parser) -> None:
    parser.add_argument("--version", help=CANDIDATE)
    parser.add_argument(
        "--manifest",
        type=Path,
        help="the version must hold it: a file, or the folder of all services",
    )


def _add_origin(parser: Parser) -> None:
    parser.add_argument("--commit", help="recorded; default: the manifest's, else GITHUB_SHA")
    parser.add_argument("--pull-request", help="recorded; default: the manifest's")


def _add_init(parser: Parser) -> None:
    parser.add_argument(
        "--maximum-init-ms", type=float, default=MAXIMUM_INIT_MS,
        help="milliseconds a cold start may take (%(default)s)",
    )  # fmt: skip


def _command(
    commands: argparse._SubParsersAction[RaisingParser], name: str, purpose: str
) -> Parser:
    command = commands.add_parser(name, help=purpose, description=purpose)
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the result there")
    return command


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of shares") from None


def _moment(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no ISO 8601 time with an offset ({error})"
        ) from None
