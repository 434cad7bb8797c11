"""The kinds of fault, and how an order that meets one is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rehearsal.faults.orders import draw
from rehearsal.faults.plan import Delivery, Fault, Kind, Mode, Recipe, Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Draw = Callable[[str, random.Random], Recipe]

HURRIED_TIMEOUT_SECONDS: Final = 2
"""Timeout of the version that an answer can outlast; a cold start has to fit in."""
# The service's client waits 3 s for an answer and asks at most three times.
_TOO_LATE_SECONDS: Final = 3.3
_REQUESTS_PER_INVOCATION: Final = 3
_DAY: Final = 86_400


def _mode(rng: random.Random) -> Mode:
    return "async" if rng.random() < 0.35 else "sync"


def _plain(order_id: str, rng: random.Random, *faults: Fault) -> Recipe:
    """One delivery of one order; a caller in seven does not send again after an error."""
    retries = 0 if rng.random() < 0.15 else rng.randint(1, 4)
    return Recipe((draw(order_id, rng),), (Delivery(_mode(rng)),), faults, retries)


def _struck(low: float, high: float) -> Draw:
    """Killed with the event in hand, `low` to `high` seconds into the invocation."""

    def recipe(order_id: str, rng: random.Random) -> Recipe:
        delivery = Delivery(_mode(rng), target="lane", strike=rng.uniform(low, high))
        return replace(_plain(order_id, rng), deliveries=(delivery,))

    return recipe


def _killed(stored: bool, reply: Reply, longest: float = 0.0) -> Draw:
    """Killed by the proxy; sometimes the next environment as well."""

    def recipe(order_id: str, rng: random.Random) -> Recipe:
        times = 2 if rng.random() < 0.2 else 1
        faults = (Fault(stored, reply, rng.uniform(0.0, longest)) for _ in range(times))
        return _plain(order_id, rng, *faults)

    return recipe


def _timeout_after_write(order_id: str, rng: random.Random) -> Recipe:
    fault = Fault(stored=True, reply="withhold", seconds=HURRIED_TIMEOUT_SECONDS + 1.0)
    delivery = Delivery(_mode(rng), target="hurried")
    return replace(_plain(order_id, rng, fault), deliveries=(delivery,))


def _answer_too_late(order_id: str, rng: random.Random) -> Recipe:
    return _plain(order_id, rng, Fault(True, "answer", _TOO_LATE_SECONDS))


def _refused(code: str, *, stored: bool = False, longest: int = 4) -> Draw:
    """DynamoDB says no; from the third time on an invocation fails, now and then for good."""

    def recipe(order_id: str, rng: random.Random) -> Recipe:
        times = 40 if rng.random() < 0.05 else rng.randint(1, longest)
        return _plain(order_id, rng, *[Fault(stored, "error", code=code)] * times)

    return recipe


def _error_after_write(order_id: str, rng: random.Random) -> Recipe:
    code = rng.choice(("InternalServerError", "ServiceUnavailable"))
    return _refused(code, stored=True)(order_id, rng)


def _connection_refused(order_id: str, rng: random.Random) -> Recipe:
    """First where nobody listens; half of the callers then send it to where somebody does."""
    first = Delivery(_mode(rng), target="unreachable")
    again = (Delivery("sync", wave=1),) if rng.random() < 0.5 else ()
    return Recipe((draw(order_id, rng),), (first, *again), retries=0)


def _broken_off(*replies: Reply) -> Draw:
    """The connection, or the answer on it, breaks off: before or after the write."""

    def recipe(order_id: str, rng: random.Random) -> Recipe:
        faults = []
        for _ in range(rng.randint(1, 4)):
            reply = rng.choice(replies)
            stored = reply != "reset" or rng.random() < 0.5
            faults.append(Fault(stored, reply))
        return _plain(order_id, rng, *faults)

    return recipe


def _slow(order_id: str, rng: random.Random) -> Recipe:
    return _plain(order_id, rng, Fault(True, "answer", rng.uniform(0.05, 0.6)))


def _repeated_at_once(order_id: str, rng: random.Random) -> Recipe:
    deliveries = (Delivery(_mode(rng), wave=wave) for wave in range(rng.randint(2, 4)))
    return Recipe((draw(order_id, rng),), tuple(deliveries))


def _repeated_later(order_id: str, rng: random.Random) -> Recipe:
    again = Delivery("sync", wave=1, pause=rng.uniform(1.0, 3.0))
    return Recipe((draw(order_id, rng),), (Delivery(_mode(rng)), again))


def _repeated_in_parallel(order_id: str, rng: random.Random) -> Recipe:
    return Recipe((draw(order_id, rng),), tuple(Delivery(_mode(rng)) for _ in range(20)))


def _sync_and_async(order_id: str, rng: random.Random) -> Recipe:
    faults: list[Fault] = []
    if rng.random() < 0.5:
        faults.append(Fault(rng.random() < 0.5, "error", code="InternalServerError"))
    return Recipe((draw(order_id, rng),), (Delivery("sync"), Delivery("async")), tuple(faults))


def _caller_retries(order_id: str, rng: random.Random) -> Recipe:
    """Whole invocations fail, and the caller does not give up."""
    invocations = rng.randint(1, 2)
    fault = Fault(rng.random() < 0.3, "error", code="ServiceUnavailable")
    faults = (fault,) * (_REQUESTS_PER_INVOCATION * invocations)
    return Recipe((draw(order_id, rng),), (Delivery("sync"),), faults, retries=4)


def _conflict(order_id: str, rng: random.Random) -> Recipe:
    """Two contents under one id, one after the other or at the same time."""
    one, other = draw(order_id, rng), draw(order_id, rng)
    wave = rng.randint(0, 1)
    deliveries = (
        Delivery(_mode(rng)),
        Delivery(_mode(rng), wave=wave, variant=1),
        Delivery("sync", wave=2),
        Delivery("sync", wave=2, variant=1),
    )
    return Recipe((one, other), deliveries)


def _clock_skew(order_id: str, rng: random.Random) -> Recipe:
    """Clocks that are ahead a little or too far, or far behind; or DynamoDB finds ours wrong."""
    choice = rng.randrange(4)
    if choice == 0:
        return _plain(order_id, rng, Fault(False, "error", code="InvalidSignatureException"))
    offset = (0, rng.randint(1, 240), rng.randint(_DAY, 9 * _DAY), -rng.randint(1, 20) * 365 * _DAY)
    content = replace(draw(order_id, rng, offset[choice]), valid=choice != 2)
    return Recipe((content,), (Delivery(_mode(rng)), Delivery("sync", wave=1)))


def _throttled(order_id: str, rng: random.Random) -> Recipe:
    return Recipe((draw(order_id, rng),), (Delivery(_mode(rng)), Delivery("sync")))


THROTTLED: Final = "throttled"
KINDS: Final = {
    kind.name: kind
    for kind in (
        # Each of these costs an execution environment, and its successor a cold start.
        Kind("kill-before-write", 1.0, _struck(0.0, 0.0)),
        Kind("kill-at-any-moment", 1.0, _struck(0.0005, 0.02)),
        Kind("kill-during-write", 1.0, _killed(False, "kill")),
        Kind("kill-after-write", 1.0, _killed(True, "kill")),
        Kind("kill-after-answer", 1.0, _killed(True, "answer-kill", 0.004)),
        Kind("timeout-after-write", 1.0, _timeout_after_write),
        # Each of these keeps a slot waiting for seconds.
        Kind("answer-too-late", 1.0, _answer_too_late),
        Kind("throughput-exceeded", 4.0, _refused("ProvisionedThroughputExceededException")),
        Kind("throttling", 4.0, _refused("ThrottlingException")),
        Kind("server-error", 6.0, _refused("InternalServerError")),
        Kind("unavailable", 6.0, _refused("ServiceUnavailable")),
        Kind("error-after-write", 7.0, _error_after_write),
        Kind("connection-refused", 3.0, _connection_refused),
        Kind("connection-reset", 7.0, _broken_off("reset", "reset-midway")),
        Kind("truncated-answer", 7.0, _broken_off("truncate", "cut")),
        Kind("slow-answer", 6.0, _slow),
        Kind("repeated-at-once", 7.0, _repeated_at_once),
        Kind("repeated-later", 7.0, _repeated_later),
        Kind("repeated-in-parallel", 0.4, _repeated_in_parallel, together=20),
        Kind("sync-and-async", 7.0, _sync_and_async),
        Kind("caller-retries", 5.0, _caller_retries),
        Kind("conflict", 6.0, _conflict),
        Kind("clock-skew", 5.0, _clock_skew),
        Kind(THROTTLED, 6.0, _throttled, together=20),
    )
}
