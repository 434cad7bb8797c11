"""Attempts at invocations: concurrency, an environment, and the metrics of how it went."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.lambda_.runtime.concurrency import (
    ACCOUNT_RATE,
    REQUESTS_PER_CONCURRENCY,
    RESERVED_RATE,
    ConcurrentExecutions,
    RequestRates,
    Throttled,
)
from emulator.lambda_.runtime.metrics import Concurrency
from emulator.lambda_.runtime.outcome import SUCCESS

if TYPE_CHECKING:
    from emulator.lambda_.runtime.concurrency import ConcurrentExecution
    from emulator.lambda_.runtime.environment import Job
    from emulator.lambda_.runtime.environments import Environments
    from emulator.lambda_.runtime.metrics import LambdaMetrics
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.model import Target
    from emulator.lambda_.state.registry import Registry


class Executions:
    """Runs attempts under the account's concurrency and counts them."""

    def __init__(
        self,
        registry: Registry,
        environments: Environments,
        metrics: LambdaMetrics,
        requests_per_concurrency: float = REQUESTS_PER_CONCURRENCY,
    ) -> None:
        self.concurrent = ConcurrentExecutions()
        self._rates = RequestRates(requests_per_concurrency)
        self._registry = registry
        self._environments = environments
        self._metrics = metrics

    def acquire(self, target: Target, *, synchronous: bool) -> ConcurrentExecution:
        """Begin an execution of `target`; raises `Throttled` after counting it.

        Concurrency is judged before the rate of requests, which is limited for synchronous calls
        only; AWS documents no order.
        """
        name = target.version.function_name
        reserved = self._registry.reserved_concurrency(name)
        unreserved = 0 if reserved is not None else self._registry.unreserved_concurrency()
        try:
            execution = self.concurrent.acquire(name, target.resource, reserved, unreserved)
            if synchronous:
                self._count_request(execution, unreserved if reserved is None else reserved)
        except Throttled:
            self._metrics.throttled(target, time.time())
            raise
        return execution

    def _count_request(self, execution: ConcurrentExecution, concurrency: int) -> None:
        """Raise `Throttled`, the execution ended, where the pool has had its requests."""
        pool = execution.function_name if execution.reserved else ""
        if not self._rates.take(pool, concurrency, time.monotonic()):
            self.concurrent.release(execution)
            raise Throttled(RESERVED_RATE if execution.reserved else ACCOUNT_RATE)

    async def run(self, execution: ConcurrentExecution, job: Job) -> Outcome:
        """Run `job` and end `execution`; raises `AwsError` when no environment can be made."""
        concurrent = self.concurrent
        concurrency = Concurrency(
            concurrent.busy,
            concurrent.by_function[execution.function_name],
            concurrent.by_resource[execution.resource],
            concurrent.unreserved_busy,
            concurrent.unreserved_busy + self._reserved(),
        )
        try:
            outcome = await self._environments.run(job)
        finally:
            concurrent.release(execution)
        self._metrics.invoked(
            job.target,
            outcome.started_at,
            outcome.duration_ms,
            outcome.ending.status != SUCCESS,
            concurrency,
        )
        return outcome

    def _reserved(self) -> int:
        return self._registry.concurrency_limit - self._registry.unreserved_concurrency()


def too_many_requests(throttled: Throttled) -> AwsError:
    """The 429 as recorded from Lambda: no `Retry-After`, and a full stop after "Exceeded"."""
    members: dict[str, object] = {"Reason": throttled.reason, "Type": "User"}
    return AwsError("TooManyRequestsException", "Rate Exceeded.", 429, members=members)
