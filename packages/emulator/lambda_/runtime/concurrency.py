"""Concurrent executions: how many environments may be busy, per function and in the account.

Reserved concurrency is both a cap and a guarantee, belongs to the function, and is shared by
`$LATEST`, all versions and all aliases (Lambda Developer Guide, configuration-concurrency). An
execution counts from before its environment is created, so creation and init are part of it
(lambda-concurrency).
Pure and synchronous: no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT = "ConcurrentInvocationLimitExceeded"
RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"
ACCOUNT_RATE = "FunctionInvocationRateLimitExceeded"

REQUESTS_PER_CONCURRENCY = 10.0
"""Synchronous requests a second for each unit of concurrency (Lambda Developer Guide)."""


class Throttled(Exception):  # noqa: N818 - the field's word
    """None is left; `reason` is the wire value of `ThrottleReason` (botocore's Lambda model)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ConcurrentExecution:
    """One busy environment, until `ConcurrentExecutions.release`."""

    function_name: str
    resource: str
    reserved: bool
    """Which pool it was taken from; a reservation changed meanwhile does not move it."""


@dataclass(slots=True)
class ConcurrentExecutions:
    """Those of the account, in one region."""

    busy: int = 0
    unreserved_busy: int = 0
    by_function: dict[str, int] = field(default_factory=dict)
    by_resource: dict[str, int] = field(default_factory=dict)

    def acquire(
        self, function_name: str, resource: str, reserved: int | None, unreserved_limit: int
    ) -> ConcurrentExecution:
        """Begin one; raises `Throttled`.

        `reserved` is the function's reservation or None; `unreserved_limit` is what the account
        leaves to functions without one.
        """
        used = self.by_function.get(function_name, 0)
        if reserved is not None:
            if used >= reserved:
                raise Throttled(RESERVED)
        elif self.unreserved_busy >= unreserved_limit:
            raise Throttled(ACCOUNT)
        else:
            self.unreserved_busy += 1
        self.busy += 1
        self.by_function[function_name] = used + 1
        self.by_resource[resource] = self.by_resource.get(resource, 0) + 1
        return ConcurrentExecution(function_name, resource, reserved is not None)

    def release(self, execution: ConcurrentExecution) -> None:
        """End one, exactly once."""
        self.busy -= 1
        if not execution.reserved:
            self.unreserved_busy -= 1
        _decrement(self.by_function, execution.function_name)
        _decrement(self.by_resource, execution.resource)


@dataclass(slots=True)
class RequestRates:
    """How many synchronous requests a second each pool takes: so many per unit of concurrency.

    A bucket per pool that holds one second's worth and fills continuously; over what span AWS
    counts is not documented. Requests that found no concurrency are not counted.
    """

    per_concurrency: float = REQUESTS_PER_CONCURRENCY
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, pool: str, concurrency: int, now: float) -> bool:
        """Count one request of `pool` at `now` (seconds); False where it is one too many."""
        most = self.per_concurrency * concurrency
        left, since = self._buckets.get(pool, (most, now))
        left = min(most, left + (now - since) * most)
        granted = left >= 1.0
        self._buckets[pool] = (left - 1.0 if granted else left, now)
        return granted


def _decrement(counts: dict[str, int], key: str) -> None:
    left = counts[key] - 1
    if left:
        counts[key] = left
    else:
        del counts[key]
