"""Child processes that never outlive the emulator, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from console.lifelines import tied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DESCRIPTORS = 1024
"""File descriptors of an execution environment (Lambda Developer Guide, gettingstarted-limits)."""


def _limit_descriptors(pid: int) -> None:
    """Bound what one child may open, if it is still there."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    few = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, most))


def raise_descriptor_limit() -> None:
    """Let this process have as many descriptors as it may: five go to each environment."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):  # some systems refuse their own maximum
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Child:
    """A child in a session and process group of its own.

    `exited` resolves to its return code (negative for a signal) once it and whatever it left in
    its group are gone.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: int,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = tied(
            arguments,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
        )
        if sys.platform == "linux":
            _limit_descriptors(self._process.pid)
        self.pid = self._process.pid
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self._watch()

    def kill(self) -> None:
        """SIGKILL the whole group; `exited` resolves shortly after."""
        if not self.exited.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM the child itself."""
        if not self.exited.done():
            self._process.terminate()

    def _watch(self) -> None:
        if hasattr(os, "pidfd_open"):
            descriptor = os.pidfd_open(self.pid)
            self._loop.add_reader(descriptor, self._reap, descriptor)
        else:  # no pidfd outside Linux: a thread waits
            waiter = self._loop.run_in_executor(
                None, os.waitid, os.P_PID, self.pid, os.WEXITED | os.WNOWAIT
            )
            waiter.add_done_callback(lambda _: self._reap(None))

    def _reap(self, descriptor: int | None) -> None:
        if descriptor is not None:
            self._loop.remove_reader(descriptor)
            os.close(descriptor)
        # The leader is a zombie still, so its group id cannot be anyone else's.
        self.kill()
        code = self._process.wait()
        if not self.exited.done():
            self.exited.set_result(code)
