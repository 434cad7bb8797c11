"""The runtime of one environment: its process, its Runtime API and its output, as signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.lambda_.runtime.output import OutputParser
from emulator.lambda_.runtime.runtime_api import Kind, RuntimeApi
from emulator.process import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from emulator.lambda_.runtime.output import Line

_CHUNK = 65_536
_MEMORY_SECONDS = 0.05
"""Between two looks at a running process's memory; its peak is judged at the end in any case."""


@dataclass(frozen=True, slots=True)
class Signal:
    """`body` as the runtime posted it; `code` is an exit's return code."""

    kind: Kind
    body: bytes = b""
    code: int = 0


class RuntimeProcess:
    """Runs one runtime process after another at one Runtime API address.

    What the process writes goes to `on_line`, always before the signal that it preceded.
    """

    def __init__(self, on_line: Callable[[Line], None], memory_limit_mb: int) -> None:
        self._on_line = on_line
        self._memory_limit_mb = memory_limit_mb
        self.peak_mb = 0
        """The process's peak resident memory as last seen, 0 where the kernel does not tell."""
        self.api = RuntimeApi(self._on_call)
        """The one address of all its processes."""
        self._child: Child | None = None
        self._pipe = -1
        self._parser = OutputParser()
        self._signal: asyncio.Future[Signal] | None = None

    @property
    def alive(self) -> bool:
        """Whether a process is there."""
        return self._child is not None

    def start(self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        """Start the process; `environment` gains the descriptor for framed log records."""
        self.api.reset()
        self.peak_mb = 0
        self._parser = OutputParser()
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        try:
            child = Child(
                arguments,
                cwd=cwd,
                environment={**environment, "_LAMBDA_TELEMETRY_LOG_FD": str(write_end)},
                output=write_end,
                pass_fds=(write_end,),
            )
        finally:
            os.close(write_end)
        asyncio.get_running_loop().add_reader(self._pipe, self._drain)
        self._child = child
        child.exited.add_done_callback(lambda done: self._on_exit(child, done.result()))

    async def wait(self, seconds: float) -> Signal:
        """The next signal; TIMEOUT after `seconds`, MEMORY where the process outgrew its limit."""
        if self._child is None:
            return Signal(Kind.EXIT)
        loop = asyncio.get_running_loop()
        self._signal = loop.create_future()
        self._look_again(loop, loop.time() + seconds)
        try:
            signal = await self._signal
        finally:
            self._timer.cancel()
            self._signal = None
        if self._outgrown() and signal.kind is not Kind.TIMEOUT:
            return Signal(Kind.MEMORY)
        return signal

    async def kill(self) -> None:
        """Kill the process with its group and take in the rest of its output."""
        if self._child is not None:
            self._child.kill()
            await asyncio.shield(self._child.exited)
        self._forget()

    def close(self) -> None:
        """Kill without waiting, and close the address."""
        if self._child is not None:
            self._child.kill()
        self._forget()
        self.api.close()

    def _outgrown(self) -> bool:
        """Note the peak; whether it is above the limit."""
        if self._child is not None:
            self.peak_mb = max(self.peak_mb, _peak_mb(self._child.pid))
        return self.peak_mb > self._memory_limit_mb

    def _look_again(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        """Look at time and memory at the deadline, and every now and then until it."""
        at = min(deadline, loop.time() + _MEMORY_SECONDS)
        self._timer = loop.call_at(at, self._look, loop, deadline)

    def _look(self, loop: asyncio.AbstractEventLoop, deadline: float) -> None:
        if self._outgrown():
            self._set(Signal(Kind.MEMORY))
        elif loop.time() >= deadline:
            self._set(Signal(Kind.TIMEOUT))
        else:
            self._look_again(loop, deadline)

    def _on_call(self, kind: Kind, body: bytes) -> None:
        self._drain()
        self._set(Signal(kind, body))

    def _set(self, signal: Signal) -> None:
        if self._signal is not None and not self._signal.done():
            self._signal.set_result(signal)

    def _on_exit(self, child: Child, code: int) -> None:
        if self._child is child:
            self._forget()
            self._set(Signal(Kind.EXIT, code=code))

    def _forget(self) -> None:
        self._child = None
        if self._pipe < 0:
            return
        self._drain()
        for line in self._parser.finish():
            self._on_line(line)
        if self._pipe >= 0:
            self._close_pipe()

    def _drain(self) -> None:
        """Take in what is in the pipe now, non-blocking.

        Two reads are all that a pipe holds: what a flood writes meanwhile waits for its turn.
        """
        if self._pipe < 0:
            return
        for _ in range(2):
            try:
                data = os.read(self._pipe, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._close_pipe()
                return
            for line in self._parser.feed(data):
                self._on_line(line)
            if len(data) < _CHUNK:
                return

    def _close_pipe(self) -> None:
        pipe, self._pipe = self._pipe, -1
        with contextlib.suppress(RuntimeError):  # the loop may be closed already
            asyncio.get_running_loop().remove_reader(pipe)
        os.close(pipe)


def _peak_mb(pid: int) -> int:
    """A process's peak resident memory in MB."""
    try:
        status = os.open(f"/proc/{pid}/status", os.O_RDONLY)
    except OSError:
        return 0
    try:
        text = os.read(status, _CHUNK)
    except ProcessLookupError:
        return 0
    finally:
        os.close(status)
    found = text.find(b"VmHWM:")
    return int(text[found + 6 :].split(None, 1)[0]) // 1024 if found >= 0 else 0
