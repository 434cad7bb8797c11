"""`python -m loadtest.local SCENARIO [options of run]`: loads the stack `local`, on emulated AWS.

On the one that `nox -s emulator` runs, where it does; else on one of its own, for as long as the
run takes. The other parts are used by the commands that a person would type.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

from loadtest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[1]
RUNNING: Final = ROOT / "build/emulator.env"
OWN: Final = ROOT / "build/load/emulator.env"
ARTIFACT: Final = ROOT / "build/artifact"
TIME_SCALE: Final = 20
"""Divides what Lambda makes one wait, for one the minutes between the tries of an event."""
LATENCY: Final = "dynamodb=60"
"""Stretches the time of a slot until one machine can offer more than a few slots serve."""
SLOTS: Final = 10
"""Reserved concurrency, as staging has it: what the scenarios' thresholds are made for."""
START_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 180 / TIME_SCALE


def main(arguments: list[str]) -> int:
    """Load and report; return what `python -m loadtest run` does, or 2 where it cannot begin."""
    signal.signal(signal.SIGTERM, _end)
    if not arguments or arguments[0].startswith("-"):
        print("Name the scenario: python -m loadtest.local SCENARIO", file=sys.stderr)
        return 2
    try:
        with emulated() as (environment, stack):
            outputs = deployed(environment, stack)
            return _run(
                environment,
                *("loadtest", "run", "--scenario", arguments[0], "--outputs", str(outputs)),
                *("--quiet-seconds", f"{QUIET_SECONDS:g}", *arguments[1:]),
            )
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _end(*_: object) -> NoReturn:
    sys.exit(143)


@contextmanager
def emulated() -> Iterator[tuple[dict[str, str], Path]]:
    """Yield the variables that lead to the emulated AWS, and the directory of the stack in it.

    Raises UsageError.
    """
    if answers(variables(RUNNING)):
        yield {**_clean(), **variables(RUNNING)}, ROOT / "build/stacks/local"
        return
    OWN.parent.mkdir(parents=True, exist_ok=True)
    OWN.unlink(missing_ok=True)
    command = ["--env-file", str(OWN), "--time-scale", str(TIME_SCALE), "--latency", LATENCY]
    # In a group of its own: Ctrl-C is for the load, which still has to ask the emulator.
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", *command],
        cwd=ROOT, env=_clean(), stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(process)
        yield {**_clean(), **variables(OWN)}, ROOT / "build/load/stack"
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(variables(OWN)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise UsageError("The emulated AWS did not start; nox -s emulator shows why.")
        time.sleep(0.05)


def deployed(environment: Mapping[str, str], stack: Path) -> Path:
    """Return the outputs of the stack in `stack`; deploy it where this AWS does not have it yet.

    Raises UsageError.
    """
    outputs, began = stack / "outputs.json", RUNNING if _is_running(environment) else OWN
    if outputs.exists() and outputs.stat().st_mtime > began.stat().st_mtime:
        return outputs
    steps = (
        ("services.artifact", "build", "--out", str(ARTIFACT)),
        (
            *("rehearsal.engine", "up", "--stack", "local", "--directory", str(stack), "--fresh"),
            *("--config", f"reservedConcurrency={SLOTS}", "--config", f"artifact={ARTIFACT}"),
        ),
    )
    for step in steps:
        if _run(environment, *step) != 0:
            raise UsageError(f"The stack could not be deployed: {step[0]} says why.")
    return outputs


def _is_running(environment: Mapping[str, str]) -> bool:
    return environment.get("AWS_ENDPOINT_URL") == variables(RUNNING).get("AWS_ENDPOINT_URL")


def variables(file: Path) -> dict[str, str]:
    """Return what an emulator wrote; nothing where there is none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def answers(found: Mapping[str, str]) -> bool:
    """Return whether somebody listens where the variables lead: an emulator may have ended."""
    where = urlsplit(found.get("AWS_ENDPOINT_URL", ""))
    try:
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=1):
            return True
    except OSError:
        return False


def _clean() -> dict[str, str]:
    """Return this process's environment without what leads to a real AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _run(environment: Mapping[str, str], *command: str) -> int:
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=dict(environment))
    try:
        return process.wait()
    except BaseException:
        # It heard of Ctrl-C itself; of anything else it has to be told.
        process.terminate()
        process.wait()
        raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
