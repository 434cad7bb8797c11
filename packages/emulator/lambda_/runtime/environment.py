"""One execution environment: its phases, its log stream, and what each invocation came to."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.lambda_.runtime import outcome, platform_log
from emulator.lambda_.runtime.process import RuntimeProcess, Signal
from emulator.lambda_.runtime.runtime_api import RESPONSE_LIMIT, Event, Kind
from emulator.lambda_.runtime.variables import Place, variables

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.access.credentials import RoleCredentials
    from emulator.aws import Credentials
    from emulator.ids import Ids
    from emulator.lambda_.runtime.output import Line
    from emulator.lambda_.state.model import Target, Version
    from emulator.logs import LogDelivery

LOG_TAIL = 4096
"""Bytes of an invocation's log that a caller may ask for (botocore's Lambda model)."""
INIT_SECONDS = 10.0
"""Lambda Developer Guide, lambda-runtime-environment."""
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The one runtime that this emulator has: the Python it runs on."""


@dataclass(frozen=True, slots=True)
class Host:
    """What every environment shares."""

    region: str
    work: Path
    runtime_dir: Path
    endpoint_url: str
    xray_port: int
    roles: RoleCredentials
    logs: LogDelivery
    ids: Ids
    starting: asyncio.Semaphore
    """Bounds the inits at one time: their limit of 10 s is meant for a CPU of one's own."""
    any_python: bool = False
    """Whether functions for another Python run on this one, instead of being refused."""

    def runs(self, runtime: str) -> bool:
        """Whether there is what runs a function for that runtime."""
        return runtime == RUNTIME or (self.any_python and runtime.startswith("python"))


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at an invocation."""

    request_id: str
    target: Target
    payload: bytes
    trace_header: str
    client_context: str = ""


class Environment:
    """Serves one invocation at a time, for one version; reset after a crash or a timeout.

    Phases, limits and the second init inside the invocation follow the Lambda Developer Guide,
    lambda-runtime-environment.
    """

    def __init__(self, version: Version, host: Host) -> None:
        self.version = version
        self.idle_since = 0.0
        self.expires_at = 0.0
        self._host = host
        self._runtime = RuntimeProcess(self._on_line, version.memory_mb)
        self._variables: dict[str, str] = {}
        self._credentials: Credentials | None = None
        self._scratch: Path | None = None
        self._stream = ""
        self._log: deque[str] = deque()
        self._log_size = 0
        self._last_stamp = 0
        self._failed_init = outcome.returned(b"")

    async def run(self, job: Job) -> outcome.Outcome:
        """Run `job` to its end; raises `AwsError` when no environment can be made for it."""
        self._log.clear()
        self._log_size = 0
        init_ms = None if self._stream else await self._first_init()
        started_at, started = time.time(), time.perf_counter()
        ending = await self._invoke(job, started_at)
        duration_ms = (time.perf_counter() - started) * 1000
        self._conclude(job, ending, duration_ms, init_ms)
        return outcome.Outcome(ending, started_at, duration_ms, [*self._log])

    def close(self) -> None:
        """Kill the process and remove what it left; safe at any time."""
        self._runtime.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def _first_init(self) -> float | None:
        """The init phase proper; its milliseconds, or None where it failed."""
        host, version = self._host, self.version
        if not host.runs(version.runtime):
            raise AwsError(
                "InvalidRuntimeException",
                f"This emulator runs {RUNTIME} functions, and this one is for {version.runtime}.",
                502,
            )
        self._credentials = await host.roles.new(version.role_arn, version.function_name)
        self.expires_at = self._credentials.expires_at
        await self._prepare(self._credentials)
        async with host.starting:
            self._write(platform_log.init_start(version, host.region))
            return await self._init("init", INIT_SECONDS, "")

    async def _prepare(self, credentials: Credentials) -> None:
        host, version = self._host, self.version
        unique = host.ids.hexadecimal(32)
        self._scratch = host.work / unique
        self._scratch.mkdir(parents=True)
        self._stream = platform_log.stream_name(version, unique, time.time())
        place = Place(
            region=host.region,
            runtime_api=await self._runtime.api.listen(),
            runtime_dir=host.runtime_dir,
            scratch=self._scratch,
            endpoint_url=host.endpoint_url,
            xray_port=host.xray_port,
            log_stream=self._stream,
            credentials_token=host.ids.hexadecimal(32),
        )
        self._runtime.api.hand_out(place.credentials_token, credentials)
        self._variables = variables(version, place, credentials)

    async def _init(self, phase: str, limit: float, request_id: str) -> float | None:
        """Start the runtime and wait until it is ready; None where it was not."""
        began = time.perf_counter()
        self._runtime.start(_command(self.version), self.version.task_root, self._variables)
        signal = await self._runtime.wait(limit)
        elapsed_ms = (time.perf_counter() - began) * 1000
        if signal.kind is Kind.READY:
            self._write(platform_log.init_done(self.version, phase, None))
            if phase == "init":
                self._write(platform_log.init_report(self.version, elapsed_ms, phase, None))
            return elapsed_ms
        await self._runtime.kill()
        self._failed_init = self._ending(signal, request_id)
        self._write(platform_log.init_done(self.version, phase, self._failed_init))
        self._write(platform_log.init_report(self.version, elapsed_ms, phase, self._failed_init))
        return None

    async def _invoke(self, job: Job, started_at: float) -> outcome.Ending:
        """Deliver the event to a live runtime, started anew where it has to be."""
        deadline = asyncio.get_running_loop().time() + self.version.timeout_seconds
        ready = self._runtime.alive or await self._init_again(job, deadline)
        self._write(platform_log.start(self.version, job.request_id, job.trace_header))
        if not ready:
            return self._failed_init
        event = self._event(job, started_at)
        signal = await self._attempt(event, deadline)
        if signal.kind is Kind.EXIT and not self._runtime.api.delivered:
            # It died after its last response, so it never had this event.
            if not await self._init_again(job, deadline):
                return self._failed_init
            signal = await self._attempt(event, deadline)
        if signal.kind in {Kind.EXIT, Kind.TIMEOUT, Kind.OVERSIZE, Kind.MEMORY}:
            await self._runtime.kill()
        return self._ending(signal, job.request_id)

    async def _init_again(self, job: Job, deadline: float) -> bool:
        """The init inside an invocation, under the function's timeout."""
        seconds = deadline - asyncio.get_running_loop().time()
        return await self._init("invoke", seconds, job.request_id) is not None

    async def _attempt(self, event: Event, deadline: float) -> Signal:
        self._runtime.api.deliver(event)
        return await self._runtime.wait(deadline - asyncio.get_running_loop().time())

    def _event(self, job: Job, started_at: float) -> Event:
        return Event(
            job.request_id,
            self._host.ids.uuid(),
            int((started_at + self.version.timeout_seconds) * 1000),
            job.target.invoked_arn,
            job.trace_header,
            job.client_context,
            job.payload,
        )

    def _ending(self, signal: Signal, request_id: str) -> outcome.Ending:
        if signal.kind is Kind.RESPONSE:
            return outcome.returned(signal.body)
        if signal.kind in {Kind.ERROR, Kind.INIT_ERROR}:
            return outcome.raised(signal.body)
        if signal.kind is Kind.OVERSIZE:
            return outcome.too_large(RESPONSE_LIMIT)
        if signal.kind is Kind.TIMEOUT:
            return outcome.timed_out(request_id, self.version.timeout_seconds)
        if signal.kind is Kind.MEMORY:
            return outcome.out_of_memory(request_id)
        return outcome.exited(request_id, signal.code)

    def _conclude(
        self, job: Job, ending: outcome.Ending, duration_ms: float, init_ms: float | None
    ) -> None:
        # A process is caught a little above its limit and reported at it.
        memory_mb = min(self._runtime.peak_mb, self.version.memory_mb)
        figures = platform_log.Figures(duration_ms, init_ms, memory_mb)
        self._write(platform_log.end(self.version, job.request_id, ending, duration_ms))
        self._write(
            platform_log.report(self.version, job.request_id, ending, figures, job.trace_header)
        )

    def _on_line(self, line: Line) -> None:
        if line.timestamp_ms is not None or platform_log.passes(self.version, line.message):
            self._write(line.message, line.timestamp_ms)

    def _write(self, message: str | None, timestamp_ms: int | None = None) -> None:
        if message is None or self._credentials is None:
            return
        self._log.append(message)
        self._log_size += len(message)
        while self._log_size - len(self._log[0]) >= LOG_TAIL:
            self._log_size -= len(self._log.popleft())
        # A record brings its own time, a line has that of its reading: order must survive both.
        stamp = int(time.time() * 1000) if timestamp_ms is None else timestamp_ms
        stamp = self._last_stamp = max(stamp, self._last_stamp)
        self._host.logs.write(
            self.version.log_group, self._stream, self._credentials, stamp, message
        )


_COMMAND = [
    getattr(sys, "_base_executable", sys.executable),
    *("-S", "-s", "-B", "-m", "lambda_bootstrap"),
]
"""The bare interpreter: no site-packages, no user site, nothing written beside the code."""


def _command(version: Version) -> list[str]:
    """The runtime, started by the function's wrapper script where it names one.

    A shell hands over to the wrapper, as on Lambda: it ends with 127 where that is missing.
    """
    runtime = [*_COMMAND, version.handler]
    wrapper = version.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    if not wrapper:
        return runtime
    if wrapper.startswith(_TASK_ROOT):
        wrapper = str(version.task_root / wrapper.removeprefix(_TASK_ROOT))
    return ["/bin/sh", "-c", 'exec "$0" "$@"', wrapper, *runtime]


_TASK_ROOT = "/var/task/"
"""Where a function's code lies on Lambda."""
