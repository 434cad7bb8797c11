"""Loads the stack `local`, on emulated AWS: SCENARIO [--service NAME] [options of run].

On the one that `nox -s emulator` runs, where it does; else on one of its own, for as long as the
run takes. The other parts are used by the commands that a person would type.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from console import lifelines
from console.arguments import Parser
from console.checkout import ROOT
from console.errors import UsageError
from console.progress import doing
from sandbox import emulated
from service import declaration
from service import outputs as left

from load import cli
from load.run_log.directory import dated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from load.scenarios import LoadTests

OWN: Final = ROOT / "build/load/emulated"
"""Where each run that starts an emulated AWS of its own has a directory for it and its stack."""
RUNNING_STACK: Final = ROOT / "build/stacks/local"
TIME_SCALE: Final = 20
"""Divides what Lambda makes one wait, for one the minutes between the tries of an event."""
LATENCY: Final = "dynamodb=60"
"""Stretches the time of a slot until one machine can offer more than a few slots serve."""
SLOTS: Final = 10
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
        service = declaration.load(options.service or declaration.default())
        _check(load_tests, arguments)
        with aws() as (environment, stack):
            outputs = deployed(environment, stack, service.name)
            return _run(
                environment,
                *(load_tests.command, "run", "--scenario", arguments[0]),
                *("--outputs", str(outputs), "--quiet-seconds", f"{QUIET_SECONDS:g}"),
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
def aws() -> Iterator[tuple[dict[str, str], Path]]:
    """Yield the environment that leads to the emulated AWS, and the directory of the stack in it.

    Raises UsageError where nothing can be written.
    """
    running = emulated.running()
    if running is not None:
        yield running, RUNNING_STACK
        return
    options = ("--time-scale", str(TIME_SCALE), "--latency", LATENCY)
    own = dated(OWN)
    with emulated.aws(own, *options) as environment:
        yield environment, own / "stack"


def deployed(environment: Mapping[str, str], stack: Path, service: str) -> Path:
    """Return a service's outputs of the stack in `stack`; deploy it where this AWS has it not yet.

    Raises UsageError.
    """
    outputs = left.path(stack, service)
    if stack == RUNNING_STACK and outputs.exists() and emulated.knows(stack):
        return outputs
    artifact = stack.parent / "artifact"
    steps = (
        ("artifact", "build", "--out", str(artifact)),
        (
            *("engine", "up", "--stack", "local", "--directory", str(stack), "--fresh"),
            *("--config", f"reservedConcurrency={SLOTS}", "--config", f"artifact={artifact}"),
        ),
    )
    for step in steps:
        if _run(environment, *step) != 0:
            raise UsageError(f"The stack could not be deployed: {step[0]} says why.")
    return outputs


def _run(environment: Mapping[str, str], *command: str) -> int:
    process = lifelines.tied([sys.executable, "-m", *command], cwd=ROOT, env=dict(environment))
    try:
        # The child says nothing of itself while its own children work.
        with doing(f"{command[0]} {command[1]}, on the emulated AWS"):
            return process.wait()
    except BaseException:
        lifelines.end(process, LAST_WORDS)
        raise
