"""The emulated AWS: started in one way, found in one way.

What it writes once it is ready, its env file, are the variables that lead any AWS client to it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from console.checkout import ROOT
from console.errors import UsageError
from console.limits import EMULATOR, allow_open_files
from console.processes import Children

from sandbox.environment import local, refuse_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from console.processes import Child

RUNNING: Final = ROOT / "build" / "emulator.env"
"""Where `nox -s emulator` leaves its variables, for as long as it runs."""
STORAGE: Final = ROOT / "build" / "tools" / "storage"
START_SECONDS: Final = 60.0


def start(
    children: Children,
    env_file: Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> tuple[Child, dict[str, str]]:
    """Start an emulator that ends with `children`; return it and the environment of its clients.

    `options` are those of `lambda-emulator`; `environment` is its own, `local()` by default.
    Raises UsageError.
    """
    allow_open_files(EMULATOR)
    own = dict(local() if environment is None else environment)
    if not STORAGE.is_dir():
        raise UsageError(
            "The emulated AWS has no storage yet: run `nox -s emulator` once, which installs it."
        )
    env_file.parent.mkdir(parents=True, exist_ok=True)
    env_file.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "emulator", "--env-file", str(env_file)),
        *("--storage", str(STORAGE), *options),
    ]
    # SIGTERM, as it has files of its own to remove; its children are tied to it.
    child = children.start("emulator", command, own, number=signal.SIGTERM)
    deadline = time.monotonic() + START_SECONDS
    # Path.exists raises where the file leads into a process that ended and is not waited for.
    while not os.path.exists(env_file):  # noqa: PTH110
        if child.process.poll() is not None or time.monotonic() > deadline:
            child.stop()
            raise UsageError(f"The emulated AWS did not start: {child.last_line or 'no output'}")
        time.sleep(0.05)
    return child, own | variables(env_file)


@contextmanager
def aws(directory: Path, *options: str) -> Iterator[dict[str, str]]:
    """Run an emulated AWS with its env file and log in `directory`; yield its clients' environment.

    Raises UsageError.
    """
    with Children(ROOT, directory) as children:
        _, environment = start(children, directory / "emulator.env", *options)
        yield environment


def running() -> dict[str, str] | None:
    """Return the environment that leads to the emulator that a person runs; None where none runs.

    Raises UsageError where the file leads to another machine.
    """
    own, found = local(), variables(RUNNING)
    refuse_remote(found)
    return own | found if _answers(found.get("AWS_ENDPOINT_URL", "")) else None


def clients() -> dict[str, str]:
    """As `running`, for commands that cannot do without: raises UsageError where none runs."""
    environment = running()
    if environment is None:
        raise UsageError(
            "The stack `local` is on the emulated AWS, and none runs: start it by "
            "`nox -s emulator` in another terminal."
        )
    return environment


def knows(stack: Path) -> bool:
    """Whether the emulator that a person runs may hold what was deployed from a stack's directory.

    Not where all in it is older than that emulator: it began with nothing.
    """
    try:
        began = RUNNING.stat().st_mtime
        return any(file.stat().st_mtime > began for file in stack.iterdir())
    except OSError:
        return False


def variables(env_file: Path) -> dict[str, str]:
    """Return what an emulator wrote; nothing where there is none."""
    try:
        lines = env_file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _answers(endpoint: str) -> bool:
    where = urlsplit(endpoint)
    try:
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=1):
            return True
    except OSError:
        return False
