"""The pool of execution environments: idle ones are reused, the most recently used first."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from emulator.lambda_.runtime.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.lambda_.runtime.environment import Host, Job
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.model import Version

IDLE_SECONDS = 300.0
"""How long an idle environment is kept: AWS promises no figure, minutes are what is seen."""
_SWEEP_SECONDS = 30.0
_EXPIRY_MARGIN = 120.0


def _key(version: Version) -> tuple[str, str]:
    """What an environment is bound to: published versions never change, `$LATEST` does."""
    return version.arn, version.revision_id if version.version == "$LATEST" else ""


class Environments:
    """Runs jobs in environments of their version.

    `is_current` tells whether a version may still be invoked; it is asked when `retire` is called.
    """

    def __init__(self, host: Host, is_current: Callable[[Version], bool]) -> None:
        self._host = host
        self._is_current = is_current
        self._idle: dict[tuple[str, str], list[Environment]] = {}
        self._busy: set[Environment] = set()
        self._retired: set[Environment] = set()

    @property
    def counts(self) -> tuple[int, int]:
        """Busy and idle environments."""
        return len(self._busy), sum(len(idle) for idle in self._idle.values())

    async def run(self, job: Job) -> Outcome:
        """Run `job` in an idle environment, else in a new one; raises `AwsError` if none starts."""
        environment = self._take(job.target.version)
        self._busy.add(environment)
        try:
            outcome = await environment.run(job)
        except BaseException:
            self._drop(environment)
            raise
        self._busy.discard(environment)
        if environment in self._retired:
            self._drop(environment)
        else:
            environment.idle_since = time.monotonic()
            self._idle.setdefault(_key(environment.version), []).append(environment)
        return outcome

    def retire(self, function_name: str) -> None:
        """Drop environments of versions that can no longer be invoked; busy ones finish first."""
        for key, idle in list(self._idle.items()):
            if idle[0].version.function_name == function_name and not self._is_current(
                idle[0].version
            ):
                for environment in self._idle.pop(key):
                    environment.close()
        for environment in self._busy:
            version = environment.version
            if version.function_name == function_name and not self._is_current(version):
                self._retired.add(environment)

    def drop_idle(self, longer_than: float) -> None:
        """Drop what has been idle for more than `longer_than` seconds."""
        limit = time.monotonic() - longer_than
        for key, idle in list(self._idle.items()):
            kept = [environment for environment in idle if environment.idle_since > limit]
            for environment in idle:
                if environment.idle_since <= limit:
                    environment.close()
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]

    async def sweep(self) -> None:
        """Drop what is idle for long, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self.drop_idle(IDLE_SECONDS)

    def close(self) -> None:
        """Kill every environment."""
        for environment in (*self._busy, *(e for idle in self._idle.values() for e in idle)):
            environment.close()
        self._idle.clear()

    def _take(self, version: Version) -> Environment:
        key = _key(version)
        idle = self._idle.get(key)
        while idle:
            environment = idle.pop()
            if not idle:
                del self._idle[key]
            if environment.expires_at - time.time() > _EXPIRY_MARGIN:
                return environment
            environment.close()
        return Environment(version, self._host)

    def _drop(self, environment: Environment) -> None:
        self._busy.discard(environment)
        self._retired.discard(environment)
        environment.close()
