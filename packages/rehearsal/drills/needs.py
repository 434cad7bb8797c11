"""What a drill's test environment is made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rehearsal.callers.callers import Manners

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Needs:
    """The emulated AWS, the stack and the callers that a drill needs.

    `time_scale` divides what AWS makes one wait; `storage_latency_ms` is added to each DynamoDB
    call; `concurrency` is the reserved one and `rate` the callers' events a second. Callers that
    are `patient` send an event again until it is confirmed.
    """

    time_scale: float = 20.0
    storage_latency_ms: int = 20
    concurrency: int = 5
    rate: float = 20.0
    asynchronous: float = 0.1
    patient: bool = False
    emulator: tuple[str, ...] = ()
    """Further options of the emulated AWS, as ("--account-concurrency", "30")."""
    config: Mapping[str, str] = field(default_factory=dict)
    """Further configuration of the stack."""

    @property
    def manners(self) -> Manners:
        """How its callers call."""
        return Manners(self.rate, self.asynchronous, self.patient)
