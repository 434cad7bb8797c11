"""Child processes that never outlive the emulator, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import resource
import signal
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

DESCRIPTORS = 1024
"""File descriptors of an execution environment (Lambda Developer Guide, gettingstarted-limits)."""


class Lifeline:
    """A pipe whose only writing end this process holds: the kernel tells when it is gone.

    A child inherits a reading end that is set, from here, to raise a signal in the child once the
    last writer has closed (fcntl(2), F_SETOWN, F_SETSIG). Unlike prctl(2)'s parent-death signal it
    needs no code in the child, so the child can be made by vfork: forking would copy this
    process's page tables, some milliseconds in which nothing else happens.
    """

    def __init__(self, number: signal.Signals) -> None:
        self._number = number
        self.descriptors: tuple[int, ...] = ()
        """What the child has to inherit: nothing where the kernel has no such signal."""
        if sys.platform == "linux":
            end = os.open(f"/proc/self/fd/{_pipe()}", os.O_RDONLY | os.O_NONBLOCK)
            self.descriptors = (end,)

    def bind(self, owner: int) -> None:
        """Let the process `owner`, or the group -`owner`, get the signal when this one is gone."""
        for end in self.descriptors:
            with contextlib.suppress(ProcessLookupError):  # it has ended already
                fcntl.fcntl(end, fcntl.F_SETOWN, owner)
                fcntl.fcntl(end, fcntl.F_SETSIG, self._number)
                fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)

    def close(self) -> None:
        """Leave the end to the child."""
        for end in self.descriptors:
            os.close(end)


@contextlib.contextmanager
def lifeline(number: signal.Signals = signal.SIGKILL) -> Iterator[Lifeline]:
    """What ties one child to this process: start the child with its `descriptors`, then `bind`."""
    line = Lifeline(number)
    try:
        yield line
    finally:
        line.close()


@cache
def _pipe() -> int:
    """The end that lifelines are opened from; the writing end stays open with this process."""
    reader, _ = os.pipe()
    return reader


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
        with lifeline() as line:
            self._process = subprocess.Popen(
                arguments,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(*pass_fds, *line.descriptors),
                start_new_session=True,
            )
            line.bind(-self._process.pid)
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
