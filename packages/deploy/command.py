"""The Pulumi CLI as a process: where it is, and how it is told to stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

from console import lifelines
from console.errors import UsageError
from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error

from deploy.cli_build import BUILT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType


def available() -> bool:
    """Whether there is a CLI; the one that `nox -s pulumi_cli` built is put on the PATH."""
    if not shutil.which("pulumi") and BUILT.exists():
        os.environ["PATH"] = f"{os.environ.get('PATH', '')}{os.pathsep}{BUILT.parent}"
    return shutil.which("pulumi") is not None


class Command(PulumiCommand):
    """Runs the CLI and hands a cancellation on to it, so that what is under way is recorded."""

    def __init__(self) -> None:
        if not available():
            raise UsageError(
                "The Pulumi CLI is not on PATH: install it as https://www.pulumi.com/docs/install/ "
                "says, or build it by `nox -s pulumi_cli`. `nox -s rehearse` needs none."
            )
        super().__init__()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], object] | None = None,
        on_error: Callable[[str], object] | None = None,
    ) -> CommandResult:
        """Run it to its end; raises CommandError unless it ends with 0."""
        del on_output, on_error  # what it did comes as events
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        with (
            # In a session of its own: a terminal's Ctrl-C reaches it once, from here.
            lifelines.tied(
                [self.command, "--non-interactive", *args],
                signal.SIGINT,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process,
            _handing_on(process),
        ):
            stdout, stderr = process.communicate()
        result = CommandResult(stdout=stdout, stderr=stderr, code=process.returncode)
        if process.returncode:
            raise create_command_error(result)
        return result


@contextlib.contextmanager
def _handing_on(process: lifelines.Process[str]) -> Iterator[None]:
    """Ask the CLI to end after the calls to AWS that are under way.

    A second Ctrl-C ends it at once, and leaves pending operations. GitHub's SIGTERM, some seconds
    after its SIGINT, does not: whatever time is left is the calls'.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def ask(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if not asked or number == signal.SIGINT:
            process.send_signal(signal.SIGINT)
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            # Once asked to end, it ends by itself, in its own words.
            signal.signal(number, signal.SIG_IGN if asked else handler)
