"""The entry point: arguments in, one command, its result told and written."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from release.arguments import STANDARD_OUTPUT, parse
from release.aws import session
from release.canary import canary
from release.clock import SystemClock
from release.cloudwatch_adapter import CloudWatchMonitoring
from release.discover import discover, write
from release.errors import UsageError
from release.judge import Request, judge
from release.lambda_adapter import LambdaFunctions
from release.outputs import load
from release.promote import promote
from release.redrive import redrive
from release.result import Exit, Result, as_json, check_writable, summarise, write_json
from release.rollback import end_canary, rollback
from release.smoke import smoke
from release.sqs_adapter import SqsDeadLetters
from release.status import status
from release.target import choose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions
    from release.outputs import Outputs
    from release.sqs_adapter import DeadLetters


@dataclass(frozen=True, slots=True)
class Systems:
    """What the commands work on; `letters` is None if the stack names no queue."""

    functions: Functions
    monitoring: Monitoring
    letters: DeadLetters | None
    clock: Clock


def connect(outputs: Outputs) -> Systems:
    """The real ones."""
    aws = session(outputs.region)
    return Systems(
        LambdaFunctions(aws, outputs.function, outputs.alias),
        CloudWatchMonitoring(aws),
        SqsDeadLetters(aws, outputs.dead_letter_url) if outputs.dead_letter_url else None,
        SystemClock(),
    )


def main(arguments: list[str], connect: Callable[[Outputs], Systems] = connect) -> int:
    """Run one command; the exit status is 0 done, 1 failed, 2 refused, 3 inconclusive."""
    options: argparse.Namespace | None = None
    try:
        options = parse(arguments)
        if options.command == "discover":
            write(options.outputs, discover(session(None), options.stack))
            print(f"Wrote {options.outputs}.")
            return int(Exit.DONE)
        outputs = load(options.outputs)
        if options.json not in (None, STANDARD_OUTPUT):
            check_writable(options.json)
        result = _COMMANDS[options.command](connect(outputs), outputs, options)
        _tell(options, result)
    except UsageError as error:
        return _refuse(options, error)
    except KeyboardInterrupt:
        print("Interrupted: look at `status` before going on.", file=sys.stderr)
        return 130
    return int(result.exit)


def _run(options: argparse.Namespace, connect: Callable[[Outputs], Systems]) -> Result:
    outputs = load(options.outputs)
    return _COMMANDS[options.command](connect(outputs), outputs, options)


def _discover(options: argparse.Namespace) -> Result:
    found = discover(session(None), options.stack)
    write(options.outputs, found)
    return Result(Exit.DONE, f"Wrote {options.outputs}.", found)


def _tell(options: argparse.Namespace, result: Result) -> None:
    content = as_json(options.command, result)
    if options.json == STANDARD_OUTPUT:
        print(json.dumps(content, indent=2))
    else:
        print(result.message, file=sys.stderr if result.exit == Exit.FAIL else sys.stdout)
        if options.json is not None:
            write_json(options.json, content)
    if result.change is not None:
        try:
            summarise(options.command, result.change)
        except UsageError as error:  # the step itself is done: its status stands
            print(error, file=sys.stderr)


def _refuse(options: argparse.Namespace | None, error: UsageError) -> int:
    print(error, file=sys.stderr)
    if options is not None and options.json not in (None, STANDARD_OUTPUT):
        with suppress(UsageError):  # one sentence is enough
            write_json(options.json, as_json(options.command, Result(Exit.REFUSED, str(error))))
    return int(Exit.REFUSED)


def _say(line: str) -> None:
    print(line, flush=True)


def _letters(systems: Systems) -> DeadLetters:
    if systems.letters is None:
        raise UsageError("The outputs name no dead-letter queue (dlqQueueUrl): deploy again.")
    return systems.letters


def _status(systems: Systems, outputs: Outputs, _: argparse.Namespace) -> Result:
    return status(systems.functions, systems.monitoring, systems.letters, outputs)


def _smoke(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    return smoke(systems.functions, outputs, systems.clock, choose(options.version, outputs))


def _canary(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    version = choose(options.version, outputs)
    return canary(systems.functions, outputs, systems.clock, version, options.weight)


def _gate(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    request = Request(
        version=choose(options.version, outputs),
        since=options.since,
        bake=options.bake,
        poll=options.poll,
        minimum_samples=options.minimum_samples,
        maximum_error_share=options.maximum_error_share,
        restore=options.on_fail == "restore",
    )
    return judge(systems.functions, systems.monitoring, outputs, systems.clock, request, _say)


def _promote(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    commit = options.commit or os.environ.get("GITHUB_SHA")
    return promote(
        systems.functions,
        outputs,
        systems.clock,
        choose(options.version, outputs),
        commit=commit,
        reason=options.reason,
    )


def _rollback(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    if options.canary_only:
        return end_canary(systems.functions, outputs, systems.clock)
    return rollback(systems.functions, outputs, systems.clock, options.version)


def _redrive(systems: Systems, outputs: Outputs, options: argparse.Namespace) -> Result:
    return redrive(
        systems.functions,
        _letters(systems),
        outputs,
        systems.clock,
        _say,
        rate=options.rate,
        maximum=options.max,
    )


_COMMANDS: dict[str, Callable[[Systems, Outputs, argparse.Namespace], Result]] = {
    "status": _status,
    "smoke": _smoke,
    "canary": _canary,
    "gate": _gate,
    "promote": _promote,
    "rollback": _rollback,
    "redrive": _redrive,
}
