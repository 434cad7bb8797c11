"""A proxy between the function and DynamoDB that fails on demand, and counts what was written."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from load.run_log.digests import content_digest as digest

from rehearsal.faults import wire
from rehearsal.faults.run_log import Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rehearsal.faults.plan import Fault
    from rehearsal.faults.run_log import RunLog


class Processes(Protocol):
    """Who is at the other end of a connection, and how to end it (`Environments`)."""

    def of_port(self, port: int) -> int | None:
        """Return the process whose connection has this local port."""

    def signal(self, pid: int, number: signal.Signals) -> None:
        """Send a signal."""


class _Upstream:
    """Kept connections to where DynamoDB is."""

    def __init__(self, endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self._address = (parts.hostname, parts.port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def call(self, request: wire.Message) -> wire.Message:
        """Forward a request unchanged; raises OSError where no answer comes."""
        kept = self._idle.pop() if self._idle else None
        reader, writer = kept or await asyncio.open_connection(*self._address)
        writer.write(request.raw)
        answer = await wire.read(reader)
        if answer is None:
            writer.close()
            raise ConnectionError("the emulator closed the connection")
        self._idle.append((reader, writer))
        return answer

    async def close(self) -> None:
        """Close what is kept."""
        for _, writer in self._idle:
            await wire.close(writer)


class FaultProxy:
    """Listens on loopback. `script` says which faults an event's requests meet, one after another.

    Every write that the table confirms goes to the run log, whatever the function is told of it.
    """

    def __init__(self, endpoint: str, processes: Processes, run_log: RunLog, key: str) -> None:
        self._upstream = _Upstream(endpoint)
        self._processes = processes
        self._run_log = run_log
        self._key = key
        self._scripts: dict[str, deque[Fault]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.outage: Fault | None = None
        """What every request meets that no script speaks of."""
        self.written: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        """Faults that happened, by the event's id."""
        self.busy_at = time.monotonic()
        """When the last request came."""

    async def start(self) -> str:
        """Listen; returns the URL."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Stop listening and drop all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._upstream.close()

    def script(self, event_id: str, faults: Iterable[Fault]) -> None:
        """Say what an event's requests meet."""
        self._scripts[event_id] = deque(faults)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("not in a task")
        self._tasks.add(task)
        try:
            while (request := await wire.read(reader)) is not None:
                if not await self._serve(request, writer):
                    break
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            await wire.close(writer)

    async def _serve(self, request: wire.Message, writer: asyncio.StreamWriter) -> bool:
        """Answer one request as planned; whether the connection goes on."""
        self.busy_at = time.monotonic()
        item = request.json().get("Item", {}) if request.operation == "PutItem" else {}
        event_id = item.get(self._key, {}).get("S", "")
        script = self._scripts.get(event_id)
        fault = script.popleft() if script else self.outage
        answer = None
        if fault is None or fault.stored:
            answer = await self._upstream.call(request)
            if event_id and answer.status == 200:
                self.written[event_id] += 1
                self._run_log.note(Write(event_id, digest(item)))
        if fault is None:
            writer.write(answer.raw if answer else b"")
            await writer.drain()
            return True
        # Found while it still waits for its answer: afterwards the connection may be gone.
        victim = self._victim(writer) if "kill" in fault.reply else None
        self.met[event_id] += "kill" not in fault.reply or victim is not None
        return await self._fail(fault, answer, writer, victim)

    async def _fail(
        self,
        fault: Fault,
        answer: wire.Message | None,
        writer: asyncio.StreamWriter,
        victim: int | None,
    ) -> bool:
        if fault.reply == "answer-kill":
            await self._send(writer, answer)
        await asyncio.sleep(fault.seconds)
        if victim is not None:
            self._processes.signal(victim, signal.SIGKILL)
        elif fault.reply == "answer":
            await self._send(writer, answer)
            return True
        elif fault.reply == "error":
            await self._send(writer, wire.refusal(fault.code))
            return True
        elif fault.reply == "reset":
            wire.reset(writer)
        elif answer is not None and fault.reply == "cut":
            await self._send(writer, wire.shortened(answer))
            return True
        elif answer is not None and fault.reply in ("truncate", "reset-midway"):
            writer.write(answer.raw[: len(answer.raw) - len(answer.body) // 2 - 1])
            await writer.drain()
            if fault.reply == "reset-midway":
                wire.reset(writer)
        return False

    async def _send(self, writer: asyncio.StreamWriter, answer: wire.Message | None) -> None:
        if answer is not None:
            writer.write(answer.raw)
            await writer.drain()

    def _victim(self, writer: asyncio.StreamWriter) -> int | None:
        return self._processes.of_port(writer.get_extra_info("peername")[1])
