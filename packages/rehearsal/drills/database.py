"""DynamoDB as the function sees it in a drill: behind a proxy that fails on demand and counts."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from rehearsal.faults.environments import Environments
from rehearsal.faults.oracle import table_of
from rehearsal.faults.plan import Fault
from rehearsal.faults.proxy import FaultProxy
from rehearsal.faults.run_log import RunLog
from rehearsal.faults.stack import publish_version
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from rehearsal.drills.environment import DrillEnvironment

REFUSED = Fault(stored=False, reply="error", code="ServiceUnavailable")
SILENT = Fault(stored=False, reply="withhold", seconds=30.0)


class Database:
    """A context in which the live version's DynamoDB is the proxy; `version` is its number."""

    def __init__(self, env: DrillEnvironment) -> None:
        self._env = env
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._run_log = RunLog(env.settings.directory / "database")
        self._proxy = FaultProxy(
            env.environment["AWS_ENDPOINT_URL"],
            Environments(env.emulator.process.pid),
            self._run_log,
            table_of(env.settings.service).key,
        )
        self.version = ""

    def __enter__(self) -> Self:
        self._thread.start()
        endpoint = self._await(self._proxy.start())
        client = self._env.lambda_
        deployed = client.get_function_configuration(FunctionName=self._env.function)
        self.version = publish_version(
            client, self._env.function, deployed, endpoint, deployed["Timeout"]
        )
        self._env.release("promote", "--version", self.version, "--reason", "for the drill")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            # Callers would otherwise go on at a function that has no database any more.
            self.mend()
            self._env.callers.stop()
        self._await(self._proxy.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._run_log.close()

    def fail(self, fault: Fault) -> None:
        """Let every request meet a fault from now on."""
        self._proxy.outage = fault

    def mend(self) -> None:
        """Let everything through again."""
        self._proxy.outage = None

    @property
    def writes(self) -> Counter[str]:
        """How often the table took each event."""
        return Counter(self._proxy.written)

    def _await(self, task: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(task, self._loop).result(30)

    def outlast(self, alarm: str) -> tuple[float, float]:
        """Wait until a fault is over: noticed by the alarm, callers served, every event recorded.

        Returns the seconds to its being noticed and to the end. Raises StepError where one of these
        is not seen, or where an event was written more than once.
        """
        env = self._env
        detected = env.alarmed(alarm)
        env.until("callers served again", lambda: not env.callers.waiting)
        recovered = env.until("every accepted event recorded", lambda: not env.missing())
        env.callers.stop()
        doubled = [event_id for event_id, times in self.writes.items() if times > 1]
        if doubled:
            raise StepError(f"{len(doubled)} events were written more than once")
        return detected, recovered
