"""How hard the sender itself works: a generator at its own limit measures itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import gevent  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW: Final = 5
"""Seconds over which the share is taken: shorter ones show the noise of starting up."""

Sample = tuple[float, float]
"""Wall clock and CPU seconds at one moment."""


def busiest(samples: Sequence[Sample], window: int = WINDOW) -> float:
    """Return the highest share of a core used between samples that are `window` apart.

    Fewer samples than that are one window; fewer than two are none, a share of 0.
    """
    apart = min(window, len(samples) - 1)
    if apart < 1:
        return 0.0
    shares = [
        (later[1] - sooner[1]) / (later[0] - sooner[0])
        for sooner, later in zip(samples, samples[apart:], strict=False)
        if later[0] > sooner[0]
    ]
    return max(shares, default=0.0)


class Meter:
    """Takes a sample of this process every second from its start to its stop."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._greenlet: Any = None

    def start(self) -> None:
        """Begin."""
        self._take()
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> tuple[float, float]:
        """End; return CPU seconds in all and the busiest window's share of a core."""
        self._greenlet.kill()
        self._take()
        return self._samples[-1][1] - self._samples[0][1], busiest(self._samples)

    def _run(self) -> None:
        while True:
            gevent.sleep(1.0)
            self._take()

    def _take(self) -> None:
        self._samples.append((time.perf_counter(), time.process_time()))
