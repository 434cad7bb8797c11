"""Loads the stack `local`, on emulated AWS: SCENARIO [--service NAME] [options of run].

On the one that `nox -s emulator` runs, where it does; else on one of its own, for as long as the
run takes. The other parts are used by the commands that a person would type.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from console import lifelines
from console.arguments import Parser
from console.checkout import ROOT
from console.errors import UsageError
from console.processes import Children
from console.progress import doing
from sandbox import emulated
from sandbox.stack import Stack
from service import declaration

from load import cli
from load.run_log.directory import dated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from load.scenarios import LoadTests

OWN: Final = ROOT / "build/load/emulated"
"""Where each run that starts an emulated AWS of its own has a directory for it and its stack."""
BUILD: Final = ROOT / "build"
TIME_SCALE: Final = 20
"""Divides what Lambda makes one wait, for one the minutes between the tries of an event."""
LATENCY: Final = "dynamodb=60"
"""Stretches an execution until one machine can offer more than a few at a time serve."""
CONCURRENCY: Final = 10
"""Reserved concurrency, as staging has it: what the scenarios' thresholds are made for."""
LAST_WORDS: Final = 30.0
QUIET_SECONDS: Final = 180 / TIME_SCALE


def main(load_tests: LoadTests, given: Sequence[str]) -> int:
    """Load and report; return what `run` does, or 2 where it cannot begin."""
    signal.signal(signal.SIGTERM, _end)
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--service", default="")
    options, arguments = parser.parse_known_args(given)
    if not arguments or arguments[0].startswith("-"):
        command = f"python -m {load_tests.command}.local"
        print(f"Name the scenario: {command} SCENARIO", file=sys.stderr)
        return 2
    try:
        service = declaration.chosen(options.service)
        _check(load_tests, arguments)
        with deployed(service.name) as stack:
            return _run(
                stack.environment,
                *(load_tests.command, "run", "--scenario", arguments[0]),
                *("--outputs", str(stack.outputs_file), "--quiet-seconds", f"{QUIET_SECONDS:g}"),
                *arguments[1:],
            )
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _check(load_tests: LoadTests, arguments: Sequence[str]) -> None:
    """Answer `--help`, and raise UsageError for what is wrong, before anything is started."""
    kept = [] if {"--run-log", "--run-logs"} & set(arguments) else ["--run-log", "nowhere"]
    own = ["run", "--scenario", arguments[0], "--outputs", "unknown", *kept]
    cli.check(load_tests, cli.parsed(load_tests, [*own, *arguments[1:]]))


def _end(*_: object) -> NoReturn:
    sys.exit(143)


@contextmanager
def deployed(service: str) -> Iterator[Stack]:
    """Yield a stack with the service: of the emulated AWS that runs, else of one of its own.

    It is deployed where that AWS has it not yet. Raises UsageError.
    """
    running = emulated.running()
    directory = BUILD if running else dated(OWN)
    with Children(ROOT, directory / "load" / "logs") as children:
        stack = Stack(children, directory, partial(print, flush=True), service)
        if running is None:
            stack.start("--time-scale", str(TIME_SCALE), "--latency", LATENCY)
        else:
            stack.environment = running
        left = stack.outputs_file
        if running is None or not (left.exists() and emulated.knows(left.parent.parent)):
            with doing("building and deploying, on the emulated AWS"):
                stack.build(directory / "stacks" / "artifact")
                stack.deploy(directory / "stacks" / "artifact", reservedConcurrency=CONCURRENCY)
        yield stack


def _run(environment: Mapping[str, str], *command: str) -> int:
    process = lifelines.tied([sys.executable, "-m", *command], cwd=ROOT, env=dict(environment))
    try:
        # The child says nothing of itself while its own children work.
        with doing(f"{command[0]} {command[1]}, on the emulated AWS"):
            return process.wait()
    except BaseException:
        lifelines.end(process, LAST_WORDS)
        raise
