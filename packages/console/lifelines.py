"""Ties between processes: whatever ends a parent, its children do not go on without it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Process = subprocess.Popen
"""A child of `tied`."""

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5


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
        if sys.platform != "linux":
            return
        import fcntl

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
def lifeline(number: signal.Signals = signal.SIGTERM) -> Iterator[Lifeline]:
    """What ties one child to this process: start the child with its `descriptors`, then `bind`."""
    line = Lifeline(number)
    try:
        yield line
    finally:
        line.close()


def tied(
    command: Sequence[str], number: signal.Signals | None = None, **settings: Any
) -> subprocess.Popen[Any]:
    """Start a process group that gets the signal `number` (SIGKILL) when this process is gone.

    `settings` are Popen's.
    """
    inherited = settings.pop("pass_fds", ())
    with lifeline(number or signal.SIGKILL) as line:
        process = subprocess.Popen(
            command, pass_fds=(*inherited, *line.descriptors), start_new_session=True, **settings
        )
        line.bind(-process.pid)
    return process


def run(
    command: Sequence[str],
    *,
    check: bool = False,
    capture_output: bool = False,
    timeout: float | None = None,
    **settings: Any,
) -> subprocess.CompletedProcess[Any]:
    """As `subprocess.run`, for a child that ends with this process; `settings` are Popen's.

    Raises `CalledProcessError` with `check`, and `TimeoutExpired`.
    """
    if capture_output:
        settings |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with tied(command, **settings) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException:
            end(process)
            raise
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output, errors)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end(process: subprocess.Popen[Any], patience: float = 10.0) -> None:
    """End a process group of `tied`: SIGTERM, and SIGKILL where that is not heeded in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what the leader left behind


def die_with(parent: int) -> None:
    """Get SIGTERM when `parent`, the process that started this one, is gone, also by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it went before the call
            os.kill(os.getpid(), signal.SIGTERM)
    else:
        threading.Thread(target=_look_for, args=(parent,), daemon=True).start()


def _look_for(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


@cache
def _pipe() -> int:
    """The end that lifelines are opened from; the writing end stays open with this process."""
    reader, _ = os.pipe()
    return reader
