"""The metrics of the namespace AWS/Lambda, in every set of dimensions that Lambda publishes.

Names, units and dimensions: Lambda Developer Guide, monitoring-metrics-types and -view. CloudWatch
does not add up over dimensions, so each sample is put once per set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.cloudwatch.metrics.store import Dimensions, MetricStore
    from emulator.lambda_.state.model import Target

NAMESPACE = "AWS/Lambda"


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Busy environments when an invocation began, itself included."""

    account: int
    function: int
    resource: int
    unreserved: int
    claimed: int
    """Unreserved busy ones and all reservations, used or not."""


class LambdaMetrics:
    """Puts samples, stamped with the time at which the invocation started."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store
        self._sets: dict[tuple[str, str, str], tuple[Dimensions, ...]] = {}

    def invoked(
        self,
        target: Target,
        started_at: float,
        duration_ms: float,
        failed: bool,
        concurrency: Concurrency,
    ) -> None:
        """One run, successful or not: `Errors` and `Throttles` of 0 make averages into rates."""
        put = self._store.put
        error = 1.0 if failed else 0.0
        for dimensions in self._dimensions(target):
            put(NAMESPACE, "Invocations", dimensions, 1.0, started_at, "Count")
            put(NAMESPACE, "Errors", dimensions, error, started_at, "Count")
            put(NAMESPACE, "Duration", dimensions, duration_ms, started_at, "Milliseconds")
        levels = (concurrency.account, concurrency.function, concurrency.resource)
        for dimensions, level in zip(self._dimensions(target), levels, strict=False):
            put(NAMESPACE, "Throttles", dimensions, 0.0, started_at, "Count")
            put(NAMESPACE, "ConcurrentExecutions", dimensions, level, started_at, "Count")
        unreserved = concurrency.unreserved
        put(NAMESPACE, "UnreservedConcurrentExecutions", (), unreserved, started_at, "Count")
        claimed = concurrency.claimed
        put(NAMESPACE, "ClaimedAccountConcurrency", (), claimed, started_at, "Count")

    def throttled(self, target: Target, at: float) -> None:
        """One refused request: it ran no version, so it has no `ExecutedVersion`."""
        self.event("Throttles", target, 1.0, at)

    def event(self, name: str, target: Target, value: float, at: float) -> None:
        """A count that has no executed version, or `AsyncEventAge` in milliseconds."""
        unit = "Milliseconds" if name == "AsyncEventAge" else "Count"
        for dimensions in self._dimensions(target)[:3]:
            self._store.put(NAMESPACE, name, dimensions, value, at, unit)

    def _dimensions(self, target: Target) -> tuple[Dimensions, ...]:
        """None, function, resource and, for calls of an alias, the executed version."""
        version = target.version
        executed = version.version if target.via_alias else ""
        key = (version.function_name, target.resource, executed)
        known = self._sets.get(key)
        if known is None:
            function = ("FunctionName", version.function_name)
            resource = ("Resource", target.resource)
            known = ((), (function,), (function, resource))
            if executed:
                known += ((("ExecutedVersion", executed), function, resource),)
            self._sets[key] = known
        return known
