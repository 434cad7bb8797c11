"""CloudWatch behind the gateway: every operation it has, over its three wire protocols."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.alarms.config import SHORTEST_PERIOD
from emulator.cloudwatch.alarms.evaluation import evaluate_alarms, evaluation, high_resolution
from emulator.cloudwatch.alarms.operations import AlarmOperations
from emulator.cloudwatch.alarms.states import AlarmBook
from emulator.cloudwatch.dashboards.operations import DashboardOperations
from emulator.cloudwatch.metrics.operations import MetricOperations
from emulator.cloudwatch.metrics.store import MINUTE
from emulator.cloudwatch.tags import Tags
from emulator.cloudwatch.wire.protocols import Call, Wire, protocol_of
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.access.permissions import Permissions
    from emulator.clock import Clock
    from emulator.cloudwatch.metrics.store import MetricStore
    from emulator.http import Request, Response

_LEAST_INTERVAL = 0.2
_SETTLING = 0.1
"""Share of an interval that an evaluation waits, so that the points of the last one are in."""


class CloudWatch:
    """The service `monitoring` for one account and region."""

    def __init__(
        self,
        store: MetricStore,
        clock: Clock,
        account_id: str,
        region: str,
        permissions: Permissions | None = None,
    ) -> None:
        self.store = store
        self._permissions = permissions
        self.clock = clock
        self.book = AlarmBook(clock, f"arn:aws:cloudwatch:{region}:{account_id}:alarm:")
        self.tags = tags = Tags(self._exists)
        self._dashboards = DashboardOperations(clock, account_id, tags)
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            **MetricOperations(store).operations(),
            **AlarmOperations(self.book, store, tags).operations(),
            **self._dashboards.operations(),
            **tags.operations(),
        }
        self._wire = Wire(self._operations)

    async def handle(self, request: Request) -> Response:
        """Answer `request` in its own protocol; refusals too are answers, nothing is raised."""
        protocol = protocol_of(request)
        call: Call | None = None
        try:
            call = self._wire.parse(request, protocol)
            await self._authorize(request, call)
            operation = self._operations[call.operation.name]
            return self._wire.reply(call, operation(call.parameters))
        except AwsError as error:
            return self._wire.refuse(request, call.operation if call else None, error)

    async def _authorize(self, request: Request, call: Call) -> None:
        """Judge what a caller may; nobody is judged without `permissions`."""
        if self._permissions is None or request.caller is None:
            return
        action = f"cloudwatch:{call.operation.name}"
        for resource in self._resources(call.operation.name, call.parameters):
            await self._permissions.require(request.caller, action, resource)
            if call.parameters.get("Tags"):
                await self._permissions.require(request.caller, "cloudwatch:TagResource", resource)

    def _resources(self, operation: str, given: dict[str, Any]) -> list[str]:
        """What IAM compares a call with (Service Authorization Reference: CloudWatch)."""
        if operation.startswith("Describe"):
            return [self.book.arn_prefix + "*"]  # whichever alarms it names
        alarms = [given["AlarmName"]] if "AlarmName" in given else given.get("AlarmNames", [])
        named = given.get("DashboardName")
        dashboards = [named] if named else given.get("DashboardNames", [])
        found = [self.book.arn_prefix + name for name in alarms]
        found += [self._dashboards.arn_prefix + name for name in dashboards]
        return found or [given.get("ResourceARN", "*")]

    async def run(self) -> None:
        """Evaluate alarms each minute of the store, or each 10 s where one asks for it.

        Until cancelled, and at least 0.2 s apart.
        """
        while True:
            await asyncio.sleep(self._until_next(self.clock.now()))
            now = self.clock.now()
            for _ in evaluation(self.book, self.store, now):
                await asyncio.sleep(0)
            self.store.forget_idle(now)

    def evaluate(self) -> None:
        """Evaluate all alarms once, and let the store forget metrics without recent data."""
        now = self.clock.now()
        evaluate_alarms(self.book, self.store, now)
        self.store.forget_idle(now)

    def _until_next(self, now: float) -> float:
        share = SHORTEST_PERIOD / MINUTE if high_resolution(self.book) else 1.0
        interval = max(self.store.minute * share, _LEAST_INTERVAL)
        settled = now - interval * _SETTLING
        return interval - settled % interval

    def _exists(self, arn: str) -> bool:
        if self.book.find(arn) is not None and arn.startswith(self.book.arn_prefix):
            return True
        return any(found.arn == arn for found in self._dashboards.dashboards.values())
