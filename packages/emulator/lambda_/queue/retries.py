"""What becomes of an asynchronous event after an attempt: pure decisions, in AWS seconds.

Source: Lambda Developer Guide, invocation-async-error-handling: after a function error two more
attempts, one and two minutes later; after a throttle or a service error the event returns to the
queue with delays from 1 s to 5 min, which use up no attempt; Lambda drops an event at once when its
next attempt would exceed the maximum age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.lambda_.state.model import EventInvokeConfig

ERROR_DELAYS = (60.0, 120.0)
LONGEST_THROTTLE_DELAY = 300.0
EXHAUSTED = "RetriesExhausted"
TOO_OLD = "EventAgeExceeded"
ZERO_RESERVED = "ZeroReservedConcurrency"


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `delay` AWS seconds."""

    delay: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt; `condition` as in a destination record."""

    condition: str


def after_error(errors: int, age: float, config: EventInvokeConfig) -> Retry | GiveUp:
    """After the `errors`-th function error of an event that is `age` AWS seconds old."""
    if errors > config.maximum_retry_attempts:
        return GiveUp(EXHAUSTED)
    return _unless_too_old(ERROR_DELAYS[errors - 1], age, config)


def after_throttle(throttles: int, age: float, config: EventInvokeConfig) -> Retry | GiveUp:
    """After the `throttles`-th throttle or service error in a row."""
    delay = min(LONGEST_THROTTLE_DELAY, 2.0 ** min(throttles - 1, 10))
    return _unless_too_old(delay, age, config)


def _unless_too_old(delay: float, age: float, config: EventInvokeConfig) -> Retry | GiveUp:
    if age + delay >= config.maximum_event_age_seconds:
        return GiveUp(TOO_OLD)
    return Retry(delay)
