"""When a client tries a throttled event again: capped exponential backoff with full jitter.

Rule: "Exponential Backoff And Jitter", AWS Architecture Blog,
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `tries` attempts in all; waits start below `base` seconds and never exceed `cap`."""

    tries: int
    base: float
    cap: float

    def wait(self, tried: int, drawn: float) -> float:
        """Return the seconds to wait after the attempt `tried` (from 1); `drawn` is of 0..1."""
        return float(drawn * min(self.cap, self.base * 2.0 ** (tried - 1)))


ONCE = Retries(tries=1, base=0.0, cap=0.0)
