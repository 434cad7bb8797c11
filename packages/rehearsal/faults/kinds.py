"""The kinds of fault, and how an event that meets one is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rehearsal.faults.plan import Delivery, Fault, Kind, Recipe, Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from load.run_log.log import Invocation

    from rehearsal.faults.plan import Drawing

    Draw = Callable[[Drawing], Recipe]

HURRIED_TIMEOUT_SECONDS: Final = 2
"""Timeout of the version that an answer can outlast; a cold start has to fit in."""
# The service's client waits 3 s for an answer and asks at most three times.
_TOO_LATE_SECONDS: Final = 3.3
_REQUESTS_PER_INVOCATION: Final = 3
_DAY: Final = 86_400


def _mode(rng: random.Random) -> Invocation:
    return "async" if rng.random() < 0.35 else "sync"


def _plain(of: Drawing, *faults: Fault) -> Recipe:
    """One delivery of one event; a caller in seven does not send again after an error."""
    retries = 0 if of.rng.random() < 0.15 else of.rng.randint(1, 4)
    return Recipe((of.content(),), (Delivery(_mode(of.rng)),), faults, retries)


def _struck(low: float, high: float) -> Draw:
    """Killed with the event in hand, `low` to `high` seconds into the invocation."""

    def recipe(of: Drawing) -> Recipe:
        delivery = Delivery(_mode(of.rng), target="lane", strike=of.rng.uniform(low, high))
        return replace(_plain(of), deliveries=(delivery,))

    return recipe


def _killed(stored: bool, reply: Reply, longest: float = 0.0) -> Draw:
    """Killed by the proxy; sometimes the next environment as well."""

    def recipe(of: Drawing) -> Recipe:
        times = 2 if of.rng.random() < 0.2 else 1
        faults = (Fault(stored, reply, of.rng.uniform(0.0, longest)) for _ in range(times))
        return _plain(of, *faults)

    return recipe


def _timeout_after_write(of: Drawing) -> Recipe:
    fault = Fault(stored=True, reply="withhold", seconds=HURRIED_TIMEOUT_SECONDS + 1.0)
    delivery = Delivery(_mode(of.rng), target="hurried")
    return replace(_plain(of, fault), deliveries=(delivery,))


def _answer_too_late(of: Drawing) -> Recipe:
    return _plain(of, Fault(True, "answer", _TOO_LATE_SECONDS))


def _refused(code: str, *, stored: bool = False, longest: int = 4) -> Draw:
    """DynamoDB says no; from the third time on an invocation fails, now and then for good."""

    def recipe(of: Drawing) -> Recipe:
        times = 40 if of.rng.random() < 0.05 else of.rng.randint(1, longest)
        return _plain(of, *[Fault(stored, "error", code=code)] * times)

    return recipe


def _error_after_write(of: Drawing) -> Recipe:
    code = of.rng.choice(("InternalServerError", "ServiceUnavailable"))
    return _refused(code, stored=True)(of)


def _connection_refused(of: Drawing) -> Recipe:
    """First where nobody listens; half of the callers then send it to where somebody does."""
    first = Delivery(_mode(of.rng), target="unreachable")
    again = (Delivery("sync", wave=1),) if of.rng.random() < 0.5 else ()
    return Recipe((of.content(),), (first, *again), retries=0)


def _broken_off(*replies: Reply) -> Draw:
    """The connection, or the answer on it, breaks off: before or after the write."""

    def recipe(of: Drawing) -> Recipe:
        faults = []
        for _ in range(of.rng.randint(1, 4)):
            reply = of.rng.choice(replies)
            stored = reply != "reset" or of.rng.random() < 0.5
            faults.append(Fault(stored, reply))
        return _plain(of, *faults)

    return recipe


def _slow(of: Drawing) -> Recipe:
    return _plain(of, Fault(True, "answer", of.rng.uniform(0.05, 0.6)))


def _repeated_at_once(of: Drawing) -> Recipe:
    deliveries = (Delivery(_mode(of.rng), wave=wave) for wave in range(of.rng.randint(2, 4)))
    return Recipe((of.content(),), tuple(deliveries))


def _repeated_later(of: Drawing) -> Recipe:
    again = Delivery("sync", wave=1, pause=of.rng.uniform(1.0, 3.0))
    return Recipe((of.content(),), (Delivery(_mode(of.rng)), again))


def _repeated_in_parallel(of: Drawing) -> Recipe:
    return Recipe((of.content(),), tuple(Delivery(_mode(of.rng)) for _ in range(20)))


def _sync_and_async(of: Drawing) -> Recipe:
    faults: list[Fault] = []
    if of.rng.random() < 0.5:
        faults.append(Fault(of.rng.random() < 0.5, "error", code="InternalServerError"))
    return Recipe((of.content(),), (Delivery("sync"), Delivery("async")), tuple(faults))


def _caller_retries(of: Drawing) -> Recipe:
    """Whole invocations fail, and the caller does not give up."""
    invocations = of.rng.randint(1, 2)
    fault = Fault(of.rng.random() < 0.3, "error", code="ServiceUnavailable")
    faults = (fault,) * (_REQUESTS_PER_INVOCATION * invocations)
    return Recipe((of.content(),), (Delivery("sync"),), faults, retries=4)


def _conflict(of: Drawing) -> Recipe:
    """Two contents under one id, one after the other or at the same time."""
    one, other = of.content(), of.content()
    wave = of.rng.randint(0, 1)
    deliveries = (
        Delivery(_mode(of.rng)),
        Delivery(_mode(of.rng), wave=wave, variant=1),
        Delivery("sync", wave=2),
        Delivery("sync", wave=2, variant=1),
    )
    return Recipe((one, other), deliveries)


def _clock_skew(of: Drawing) -> Recipe:
    """Clocks that are ahead a little or too far, or far behind; or DynamoDB finds ours wrong."""
    choice = of.rng.randrange(4)
    if choice == 0:
        return _plain(of, Fault(False, "error", code="InvalidSignatureException"))
    offset = (
        0,
        of.rng.randint(1, 240),
        of.rng.randint(_DAY, 9 * _DAY),
        -of.rng.randint(1, 20) * 365 * _DAY,
    )
    content = of.content(offset[choice], valid=choice != 2)
    return Recipe((content,), (Delivery(_mode(of.rng)), Delivery("sync", wave=1)))


def _throttled(of: Drawing) -> Recipe:
    return Recipe((of.content(),), (Delivery(_mode(of.rng)), Delivery("sync")))


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
        # Each of these keeps an execution waiting for seconds.
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
