"""Synthetic orders at a candidate by its number: samples for a quiet hour, warmth before a flip.

They are marked `synthetic`, so business metrics leave them out, and they are answered orders with a
known total, so a wrong answer counts as a failure too.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from release.errors import LastingError, UnavailableError
from release.evidence import Count
from release.synthetic import check_answer, check_report, synthetic_order

if TYPE_CHECKING:
    from release.clock import Clock
    from release.cloudwatch_adapter import Monitoring
    from release.lambda_adapter import Functions, Invocation
    from release.outputs import Outputs

RATE = 10.0
"""Orders a second, one at a time: one slot of the reserved concurrency."""

MAXIMUM = 1500
"""Orders a gate drives at most: enough to make good four errors at a limit of 1 %."""

FULL_PAUSE = 1.0
"""Seconds to leave the slots to live traffic while none is free."""


@dataclass(slots=True)
class Slots:
    """How many slots of the reserved concurrency live traffic leaves, one kept back for it."""

    monitoring: Monitoring
    outputs: Outputs
    clock: Clock

    def used(self) -> int | None:
        """Slots that live traffic keeps busy; None if that cannot be read."""
        try:
            return self.monitoring.used_slots(self.outputs.function, self.clock.now())
        except UnavailableError:
            return None

    def free(self) -> int:
        """At least 0, which is also what is known to be free where nothing can be read; 1 if
        nothing is reserved."""
        reserved = self.outputs.reserved_concurrency
        if reserved is None:
            return 1
        used = self.used()
        return 0 if used is None else max(0, reserved - used - 1)


@dataclass(slots=True)
class Driver:
    """Drives one candidate; `count` has what came of it, `problems` the first few in words."""

    functions: Functions
    slots: Slots
    clock: Clock
    version: str
    rate: float = RATE
    maximum: int = MAXIMUM
    count: Count = field(default_factory=Count)
    problems: list[str] = field(default_factory=list)

    @property
    def willing(self) -> bool:
        """Whether the bound on driven orders leaves any."""
        return self.count.invocations < self.maximum

    def run(self, seconds: float) -> None:
        """Send orders for about so long, none while live traffic needs every slot."""
        end = self.clock.monotonic() + seconds
        if not self.slots.free():
            self.clock.sleep(min(FULL_PAUSE, seconds))
            return
        while self.willing and self.clock.monotonic() < end:
            began = self.clock.monotonic()
            self._send()
            spent = self.clock.monotonic() - began
            self.clock.sleep(max(0.0, 1 / self.rate - spent))

    def _send(self) -> None:
        order = synthetic_order(self.version, self.clock)
        try:
            run = self.functions.invoke(self.version, json.dumps(order).encode())
        except LastingError:
            raise
        except UnavailableError:  # no sample: what the candidate answered was lost, if it ran
            self.clock.sleep(FULL_PAUSE)
            return
        if run.throttled:  # no sample: nothing of the candidate ran
            self.clock.sleep(FULL_PAUSE)
            return
        problems = [*check_answer(self.version, order, run), *check_report(run)]
        self.count += Count(1, int(bool(problems)))
        self.problems = [*self.problems, *problems][:5]


def at_once(functions: Functions, clock: Clock, version: str, number: int) -> list[Invocation]:
    """So many synthetic orders at the same time, each of which occupies an environment."""
    orders = [json.dumps(synthetic_order(version, clock)).encode() for _ in range(number)]
    with ThreadPoolExecutor(max(1, number)) as pool:
        return list(pool.map(lambda payload: functions.invoke(version, payload), orders))
