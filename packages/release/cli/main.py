"""The entry point: arguments in, one command, its result told and written."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from console.errors import UsageError
from reporting import terminal
from service import declaration
from service.names import Names
from service.probes import load as load_probes

from release.aws.clients import session
from release.aws.clock import SystemClock
from release.aws.cloudwatch import CloudWatchMonitoring
from release.aws.lambda_functions import LambdaFunctions
from release.aws.sqs import SqsQueue
from release.cli.arguments import STANDARD_OUTPUT, parse
from release.cli.commands import run
from release.commands.discover import discover, write
from release.context import Release
from release.errors import AliasChangedError, UnfinishedError
from release.outputs import load
from release.result import Exit, Result, as_json, check_writable, summarise, write_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from release.outputs import Outputs


_CHANGED = (
    "The alias was changed by somebody else in between: look at `status`, then repeat if it is "
    "still right."
)


def connect(outputs: Outputs) -> Release:
    """The real ones."""
    aws = session(outputs.region)
    return Release(
        LambdaFunctions(aws, outputs.function, outputs.alias),
        CloudWatchMonitoring(aws),
        SqsQueue(aws, outputs.dead_letter_url) if outputs.dead_letter_url else None,
        SystemClock(),
        outputs,
        lambda: load_probes(declaration.chosen(outputs.service)),
    )


def main(arguments: list[str], connect: Callable[[Outputs], Release] = connect) -> int:
    """Run one command; the exit status is 0 done, 1 failed, 2 refused, 3 inconclusive."""
    options: argparse.Namespace | None = None
    try:
        options = parse(arguments)
        if options.json not in (None, STANDARD_OUTPUT):
            check_writable(options.json)
        result = _run(options, connect)
        _tell(options, result)
    except UsageError as error:
        return _refuse(options, Result(Exit.REFUSED, str(error)))
    except UnfinishedError as error:
        return _refuse(options, Result(Exit.FAIL, str(error)))
    except AliasChangedError:
        return _refuse(options, Result(Exit.FAIL, _CHANGED))
    except KeyboardInterrupt:
        print("Interrupted: look at `status` before going on.", file=sys.stderr)
        return 130
    return int(result.exit)


def _run(options: argparse.Namespace, connect: Callable[[Outputs], Release]) -> Result:
    if options.command == "discover":
        service = declaration.chosen(options.service)
        found = discover(session(None), Names(service, options.stack))
        write(options.outputs, found)
        return Result(Exit.DONE, f"Wrote {options.outputs}.", found)
    outputs = load(options.outputs)
    if options.service is not None:
        outputs = replace(outputs, service=options.service)
    named = next(iter(outputs.place[1:]), None)
    return replace(run(connect(outputs), options), plots=outputs.plots, service=named)


def _tell(options: argparse.Namespace, result: Result) -> None:
    content = as_json(options.command, result)
    if options.json == STANDARD_OUTPUT:
        print(json.dumps(content, indent=2))
    else:
        stream = sys.stderr if result.exit == Exit.FAIL else sys.stdout
        print(terminal.shown(result.text, stream), file=stream)
        if options.json is not None:
            write_json(options.json, content)
    if result.change is not None:
        try:
            summarise(options.command, result.change, plots=result.plots, service=result.service)
        except UsageError as error:  # the step itself is done: its status stands
            print(error, file=sys.stderr)


def _refuse(options: argparse.Namespace | None, result: Result) -> int:
    print(result.message, file=sys.stderr)
    if options is not None and options.json not in (None, STANDARD_OUTPUT):
        with suppress(UsageError):  # one sentence is enough
            write_json(options.json, as_json(options.command, result))
    return int(result.exit)
