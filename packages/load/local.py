"""`python -m load.local SCENARIO [options of run]`: loads the stack `local`, on emulated AWS.

On the one that `nox -s emulator` runs, where it does; else on one of its own, for as long as the
run takes. The other parts are used by the commands that a person would type.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from console import closed_output, lifelines
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


def main(arguments: list[str]) -> int:
    """Load and report; return what `python -m load run` does, or 2 where it cannot begin."""
    signal.signal(signal.SIGTERM, _end)
    if not arguments or arguments[0].startswith("-"):
        print("Name the scenario: python -m load.local SCENARIO", file=sys.stderr)
        return 2
    try:
        _check(arguments)
        with aws() as (environment, stack):
            outputs = deployed(environment, stack)
            return _run(
                environment,
                *("load", "run", "--scenario", arguments[0], "--outputs", str(outputs)),
                *("--quiet-seconds", f"{QUIET_SECONDS:g}", *arguments[1:]),
            )
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _check(arguments: Sequence[str]) -> None:
    """Answer `--help`, and raise UsageError for what is wrong, before anything is started."""
    kept = [] if {"--ledger", "--ledgers"} & set(arguments) else ["--ledger", "nowhere"]
    own = ["run", "--scenario", arguments[0], "--outputs", "unknown", *kept]
    cli.check(cli.parsed([*own, *arguments[1:]]))


def _end(*_: object) -> NoReturn:
    sys.exit(143)


@contextmanager
def aws() -> Iterator[tuple[dict[str, str], Path]]:
    """Yield the environment that leads to the emulated AWS, and the directory of the stack in it.

    Raises UsageError, or UsageError where nothing can be written.
    """
    running = emulated.running()
    if running is not None:
        yield running, RUNNING_STACK
        return
    options = ("--time-scale", str(TIME_SCALE), "--latency", LATENCY)
    own = dated(OWN)
    with emulated.aws(own, *options) as environment:
        yield environment, own / "stack"


def deployed(environment: Mapping[str, str], stack: Path) -> Path:
    """Return the outputs of the stack in `stack`; deploy it where this AWS does not have it yet.

    Raises UsageError.
    """
    outputs = left.path(stack, declaration.default())
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


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
