"""The smoke test: what it accepts of a version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from release.lambda_adapter import Invocation
from release.result import Exit
from release.smoke import smoke
from release.synthetic import BASKETS
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, order_processor

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = Callable[[str, bytes], Invocation]


def test_a_good_version_passes_by_its_number() -> None:
    """One order per rule of pricing, a repeat and an invalid one: all synthetic, all at it."""
    functions = FakeFunctions()
    good = order_processor()
    sent: list[tuple[str, dict[str, object]]] = []

    def record(qualifier: str, payload: bytes) -> Invocation:
        sent.append((qualifier, json.loads(payload)))
        return good(qualifier, payload)

    functions.answer = record
    result = smoke(functions, OUTPUTS, FakeClock(), "2")
    assert result.exit is Exit.DONE
    assert "executed version 2" in result.message
    assert [qualifier for qualifier, _ in sent] == ["2"] * (len(BASKETS) + 2)
    assert all(order["synthetic"] is True for _, order in sent)
    assert sent[0] == sent[1] != sent[2]


def changed(key: str, value: object) -> Answer:
    """A good service that answers confirmed orders with one field changed."""
    good = order_processor()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        run = good(qualifier, payload)
        payload_ = run.payload
        if isinstance(payload_, dict) and payload_["status"] == "confirmed":
            return Invocation({**payload_, key: value}, qualifier)
        return run

    return answer


def forgetful() -> Answer:
    """A service that confirms the same order anew each time."""
    times = iter(range(10))
    good = order_processor()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        run = good(qualifier, payload)
        assert isinstance(run.payload, dict)
        return Invocation({**run.payload, "confirmedAt": next(times)}, qualifier)

    return answer


def gullible(qualifier: str, payload: bytes) -> Invocation:
    """A service that confirms whatever it gets."""
    order = json.loads(payload)
    answer = {"status": "confirmed", "orderId": order["orderId"], "currency": "EUR"}
    return Invocation({**answer, "total": "39.98"}, qualifier)


def elsewhere(_qualifier: str, payload: bytes) -> Invocation:
    """Another version than the one asked for."""
    return order_processor()("1", payload)


def broken(qualifier: str, _payload: bytes) -> Invocation:
    """A service that raises."""
    return Invocation(None, qualifier, error="Unhandled: KeyError: 'x'")


def wordless(qualifier: str, _payload: bytes) -> Invocation:
    """A service that returns nothing."""
    return Invocation(None, qualifier)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (changed("total", "39.99"), "total '39.99', not '39.98'"),
        (changed("status", "accepted"), "status 'accepted'"),
        (forgetful(), "answered differently"),
        (gullible, "status 'confirmed', not 'rejected'"),
        (elsewhere, "version 1 ran instead of 2"),
        (broken, "KeyError"),
        (wordless, "status None"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_bad_version_fails_and_says_why(answer: Answer, says: str) -> None:
    """Each kind of wrong answer is found."""
    functions = FakeFunctions()
    functions.answer = answer
    result = smoke(functions, OUTPUTS, FakeClock(), "2")
    assert result.exit is Exit.FAIL
    assert says in result.message


def test_throttles_are_waited_out() -> None:
    """Live traffic shares the slots: a 429 is no verdict on the version."""
    functions = FakeFunctions()
    good = order_processor()
    refusals = iter([True, True, False, True])

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(refusals, False):
            return Invocation(None, error="throttled", throttled=True)
        return good(qualifier, payload)

    functions.answer = answer
    clock = FakeClock()
    assert smoke(functions, OUTPUTS, clock, "2").exit is Exit.DONE
    assert clock.elapsed == 0.25 + 0.5 + 0.25


def test_endless_throttling_fails() -> None:
    """Patience is bounded."""
    functions = FakeFunctions()
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    assert smoke(functions, OUTPUTS, FakeClock(), "2").exit is Exit.FAIL


def test_an_unknown_version_is_refused() -> None:
    """Nothing is invoked then."""
    functions = FakeFunctions()
    with pytest.raises(UsageError, match="no version 9"):
        smoke(functions, OUTPUTS, FakeClock(), "9")
