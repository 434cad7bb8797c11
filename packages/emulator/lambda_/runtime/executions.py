"""Attempts at invocations: a slot, an environment, and the metrics of how it went."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from emulator.errors import AwsError
from emulator.lambda_.runtime.concurrency import (
    ACCOUNT_RATE,
    REQUESTS_PER_SLOT,
    RESERVED_RATE,
    RequestRates,
    Slots,
    Throttled,
)
from emulator.lambda_.runtime.metrics import Concurrency
from emulator.lambda_.runtime.outcome import SUCCESS

if TYPE_CHECKING:
    from emulator.lambda_.runtime.concurrency import Slot
    from emulator.lambda_.runtime.environment import Job
    from emulator.lambda_.runtime.environments import Environments
    from emulator.lambda_.runtime.metrics import LambdaMetrics
    from emulator.lambda_.runtime.outcome import Outcome
    from emulator.lambda_.state.model import Target


class Reservations(Protocol):
    """What the control plane knows of concurrency (`emulator.lambda_.state.registry.Registry`)."""

    def reserved_concurrency(self, function_name: str) -> int | None:
        """The function's reservation."""

    def unreserved_concurrency(self) -> int:
        """What the account leaves to the others."""

    @property
    def concurrency_limit(self) -> int:
        """The account's limit."""


class Executions:
    """Runs attempts under the account's concurrency and counts them."""

    def __init__(
        self,
        reservations: Reservations,
        environments: Environments,
        metrics: LambdaMetrics,
        requests_per_slot: float = REQUESTS_PER_SLOT,
    ) -> None:
        self.slots = Slots()
        self._rates = RequestRates(requests_per_slot)
        self._reservations = reservations
        self._environments = environments
        self._metrics = metrics

    def acquire(self, target: Target, *, synchronous: bool) -> Slot:
        """Take a slot for `target`; raises `Throttled` after counting it.

        Concurrency is judged before the rate of requests, which is limited for synchronous calls
        only; AWS documents no order.
        """
        name = target.version.function_name
        reserved = self._reservations.reserved_concurrency(name)
        unreserved = 0 if reserved is not None else self._reservations.unreserved_concurrency()
        try:
            slot = self.slots.acquire(name, target.resource, reserved, unreserved)
            if synchronous:
                self._count_request(slot, unreserved if reserved is None else reserved)
        except Throttled:
            self._metrics.throttled(target, time.time())
            raise
        return slot

    def _count_request(self, slot: Slot, slots: int) -> None:
        """Raise `Throttled`, the slot given back, where the pool has had its requests."""
        pool = slot.function_name if slot.reserved else ""
        if not self._rates.take(pool, slots, time.monotonic()):
            self.slots.release(slot)
            raise Throttled(RESERVED_RATE if slot.reserved else ACCOUNT_RATE)

    async def run(self, slot: Slot, job: Job) -> Outcome:
        """Run `job` and give `slot` back; raises `AwsError` when no environment can be made."""
        slots = self.slots
        concurrency = Concurrency(
            slots.busy,
            slots.by_function[slot.function_name],
            slots.by_resource[slot.resource],
            slots.unreserved_busy,
            slots.unreserved_busy + self._reserved(),
        )
        try:
            outcome = await self._environments.run(job)
        finally:
            slots.release(slot)
        self._metrics.invoked(
            job.target,
            outcome.started_at,
            outcome.duration_ms,
            outcome.ending.status != SUCCESS,
            concurrency,
        )
        return outcome

    def _reserved(self) -> int:
        return self._reservations.concurrency_limit - self._reservations.unreserved_concurrency()


def too_many_requests(throttled: Throttled) -> AwsError:
    """The 429 as recorded from Lambda: no `Retry-After`, and a full stop after "Exceeded"."""
    members: dict[str, object] = {"Reason": throttled.reason, "Type": "User"}
    return AwsError("TooManyRequestsException", "Rate Exceeded.", 429, members=members)
