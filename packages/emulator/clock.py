"""Real time, and how much of it an AWS waiting period takes here."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Timestamps are always real; `scale` divides the periods that AWS makes a caller wait.

    With a scale of 20 an alarm period of 60 s is a bucket of 3 real seconds, and an asynchronous
    retry that AWS delays by 60 s follows after 3 s. Durations and timeouts are never scaled.
    """

    scale: float = 1.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def wait(self, aws_seconds: float) -> float:
        """Real seconds that `aws_seconds` of waiting take."""
        return aws_seconds / self.scale
