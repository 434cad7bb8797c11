"""What a rehearsal is run with."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CANDIDATES = ROOT / "services" / "order_processor" / "candidates"
RUNS = ROOT / "build" / "rehearsal"
"""Where each rehearsal has a directory of its own, and the last report lies."""
STACK = "local"
GOOD = "good-release"
COLD_FLIP = "cold-flip"
"""A fault of the release, not of the candidate: a good one that starts slowly gets all the traffic
at once, and nobody warmed it."""


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
    """The name of a faulty candidate in services/order_processor/candidates/, or none."""
    seed: int = 1
    directory: Path = RUNS
    time_scale: float = 20.0
    """Divides what AWS makes one wait: alarm periods of 60 s, asynchronous retries of 60 s."""
    storage_latency_ms: int = 60
    """Added to each DynamoDB call. It stretches the slot time until one laptop can offer more
    load than the reserved concurrency serves."""
    canary_weight: float = 0.5
    minimum_samples: int = 299
    """Enough to see one error of 1 % with a certainty of 95 %: 1 - 0.99 ** 299."""
    peak_rate: float = 70.0
    """Orders per second in the busiest hour of the profile."""
    load_seconds: float = 42.0
    """As long as the rollout and three windows of a flip take: docs/adr/0014 has each second."""

    @property
    def candidate(self) -> Path:
        """The files that make version 2 differ from version 1."""
        return CANDIDATES / (self.fault or GOOD)

    @property
    def injected(self) -> str | None:
        """What is wrong with version 2: the first sentence of what makes it differ."""
        if self.fault is None:
            return None
        package = self.candidate / "order_processor"
        # The label alone is what a candidate changes that is wrong in how it is released.
        changed = [path for path in sorted(package.glob("*.py")) if path.name != "version.py"]
        source = (changed or [package / "version.py"])[0].read_text(encoding="utf-8")
        return (ast.get_docstring(ast.parse(source)) or self.fault).splitlines()[0]

    @property
    def bad(self) -> bool:
        """Whether the candidate itself is one that has to be refused."""
        return self.fault not in (None, COLD_FLIP)


def faults() -> list[str]:
    """Return the names of the faulty candidates there are."""
    good = (GOOD, COLD_FLIP)
    return sorted(p.name for p in CANDIDATES.iterdir() if p.is_dir() and p.name not in good)
