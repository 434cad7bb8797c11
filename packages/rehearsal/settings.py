"""What a rehearsal is run with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.checkout import ROOT
from service import candidates, declaration
from service.candidates import COLD_SHIFT, GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Service

RUNS = ROOT / "build" / "rehearsal"
"""Where each rehearsal has a directory of its own, and the last report lies."""
OWN_ENGINE, PULUMI_ENGINE = "own", "pulumi"
EMULATED_PROVIDER, AWS_PROVIDER = "emulated", "aws"


@dataclass(frozen=True, slots=True)
class Settings:
    """One rehearsal. Every number of it stands in the report."""

    engine: str = OWN_ENGINE
    """Which engine deploys: the rehearsal's own, or Pulumi's."""
    provider: str = EMULATED_PROVIDER
    """What Pulumi's engine calls AWS by: the rehearsal's providers, or AWS's own plugin."""
    fault: str | None = None
    """The name of a candidate of the service, or none. `COLD_SHIFT` is a fault of the release, not
    of the candidate: a good one that starts slowly gets all the traffic, and nobody warmed it."""
    service: Service = field(default_factory=declaration.chosen)
    seed: int = 1
    directory: Path = RUNS
    time_scale: float = 20.0
    """Divides what AWS makes one wait: alarm periods of 60 s, asynchronous retries of 60 s."""
    storage_latency_ms: int = 60
    """Added to each DynamoDB call. It stretches the slot time until one laptop can offer more
    load than the reserved concurrency serves."""
    maximum_error_share: float = 0.05
    """What a pass rules out: five times what a release does. Waiting is compressed, events are not,
    and the shipped plan gives the candidate a tenth of them (docs/adr/0014)."""
    peak_rate: float = 70.0
    """Events per second in the busiest hour of the profile."""
    load_seconds: float = 42.0
    """As long as the rollout and three windows of a shift take: docs/adr/0014 has each second."""

    @property
    def minimum_samples(self) -> int:
        """Enough to see one error of that share with a certainty of 95 %."""
        return math.ceil(math.log(0.05) / math.log(1 - self.maximum_error_share))

    def overlay(self, candidate: str | None) -> Path | None:
        """Write the files that make the service that candidate; None for the service as it is."""
        if candidate is None:
            return None
        return candidates.overlay(self.service, candidate, self.directory / "overlays")

    @property
    def candidate(self) -> str:
        """What makes version 2 differ from version 1."""
        return self.fault or GOOD

    @property
    def injected(self) -> str | None:
        """The sentence that says what is wrong with version 2."""
        return None if self.fault is None else candidates.injected(self.service, self.fault)

    @property
    def bad(self) -> bool:
        """Whether the candidate itself is one that has to be refused."""
        return self.fault not in (None, COLD_SHIFT)
