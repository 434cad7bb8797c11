"""Scales and ticks: from data to places in a plot. Values up to ±1e12 are drawn."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

# Below this, a value on a logarithmic scale is drawn at its lower edge.
SMALLEST = 1e-9


@dataclass(frozen=True)
class Scale:
    """Maps the domain [low, high] to [start, end]; values outside are drawn at the nearer edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a finite value."""
        low, high, value = self._warp(self.low), self._warp(self.high), self._warp(value)
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int) -> tuple[float, ...]:
        """Return about `count` round values inside the domain, rising."""
        return log_ticks(self.low, self.high) if self.log else ticks(self.low, self.high, count)

    def _warp(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.log else value


def linear(values: Iterable[float], start: float, end: float, *, zero: bool = False) -> Scale:
    """Return a linear scale over the finite values; `zero` starts it at 0 and rounds the top up."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if zero:
        low, high = min(0.0, low), max(0.0, high)
    if high - low <= 1e-9 * max(1.0, abs(low), abs(high)):
        high = low + max(1.0, abs(low))
    if zero:
        step = _step(high - low, 5)
        low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return Scale(low, high, start, end)


def logarithmic(values: Iterable[float], start: float, end: float) -> Scale:
    """Return a log scale from the power of ten below to the tick above the positive values."""
    positive = [value for value in values if math.isfinite(value) and value >= SMALLEST]
    low = 10.0 ** math.floor(math.log10(min(positive, default=1.0)))
    top = max([10 * low, *positive])
    decade = 10.0 ** math.floor(math.log10(top))
    high = next((decade * m for m in (1, 2, 5) if decade * m >= top), decade * 10)
    return Scale(low, high, start, end, log=True)


def ticks(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return the multiples of 1, 2 or 5 times a power of ten within [low, high]."""
    step = _step(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(min(high, max(low, number * step)) for number in range(first, last + 1))


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return the powers of ten within [low, high], or 1-2-5 steps where these are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    multiples = (1, 2, 5) if last - first <= 3 else (1,)
    values = (m * 10.0**power for power in range(first, last + 1) for m in multiples)
    return tuple(value for value in values if low <= value <= high)


def _step(span: float, count: int) -> float:
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * m for m in (1, 2, 5) if rough <= power * m), power * 10)
