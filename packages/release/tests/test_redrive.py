"""Replaying dead letters."""

from __future__ import annotations

import json

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.errors import UnavailableError, UnfinishedError
from release.lambda_adapter import Invocation
from release.redrive import list_letters, outcome_of, redrive
from release.result import Exit, Result
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, FakeLetters, order_processor


def order(name: str, quantity: int = 1) -> str:
    """An order event."""
    return json.dumps({"orderId": name, "currency": "EUR", "lines": [{"quantity": quantity}]})


def run(functions: FakeFunctions, letters: FakeLetters, **limits: float) -> Result:
    """Redrive with a fake clock, saying nothing."""
    maximum = int(limits.get("maximum", 1000))
    return redrive(
        functions, letters, OUTPUTS, FakeClock(), lambda _: None,
        rate=limits.get("rate", 10.0), maximum=maximum,
    )  # fmt: skip


def test_handled_orders_leave_and_failing_ones_stay_visible() -> None:
    """Confirmed and rejected are handled; what fails is named and stays."""
    letters = FakeLetters(order("a"), "no json", order("b", 0), order("c"))
    result = run(FakeFunctions(), letters)
    assert result.exit is Exit.FAIL
    assert (result.details["confirmed"], result.details["rejected"]) == (2, 1)
    assert [letter.body for letter in letters.waiting] == ["no json"]
    assert letters.hidden == []
    left = result.details["left"]
    assert isinstance(left, list)
    assert left[0]["replayError"] == "InvalidRequestContentException"
    assert left[0]["deadLetterError"] == "it broke"


def test_an_empty_queue_is_done() -> None:
    """Nothing to do is success."""
    assert run(FakeFunctions(), FakeLetters()).exit is Exit.DONE


def test_nothing_is_deleted_before_it_succeeded() -> None:
    """The order of events that makes dying at any point safe."""
    letters = FakeLetters(order("a"))
    functions = FakeFunctions()
    good = order_processor()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        letters.events.append(f"invoke {qualifier}")
        return good(qualifier, payload)

    functions.answer = answer
    run(functions, letters)
    assert letters.events == ["invoke production", "delete m0"]


def test_aws_failing_half_way_loses_nothing() -> None:
    """Every message not deleted is visible again when it ends, however it ends."""
    letters = FakeLetters(order("a"), order("b"), order("c"))
    functions = FakeFunctions()
    good = order_processor()
    calls = iter(range(9))

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(calls) == 1:
            raise UnavailableError("AWS could not be reached.")
        return good(qualifier, payload)

    functions.answer = answer
    with pytest.raises(UnfinishedError, match="1 of the 2 dead letters that were sent"):
        run(functions, letters)
    assert [letter.message_id for letter in letters.waiting] == ["m2", "m1"]
    assert run(functions, letters).exit is Exit.DONE
    assert letters.waiting == []


@given(st.lists(st.sampled_from(["good", "invalid", "no json"]), max_size=8))
def test_twice_is_as_good_as_once(kinds: list[str]) -> None:
    """The second run finds only what failed, and no order has two answers."""
    bodies = {"good": order("a"), "invalid": order("b", 0), "no json": "no json"}
    letters = FakeLetters(*(bodies[kind] for kind in kinds))
    functions = FakeFunctions()
    first = run(functions, letters)
    assert first.details["deleted"] == len(kinds) - kinds.count("no json")
    second = run(functions, letters)
    assert (second.details["deleted"], second.details["failed"]) == (0, kinds.count("no json"))


def test_the_rate_is_bounded() -> None:
    """Ten dead letters at two a second take at least four and a half seconds."""
    clock = FakeClock()
    letters = FakeLetters(*(order(str(n)) for n in range(10)))
    redrive(FakeFunctions(), letters, OUTPUTS, clock, lambda _: None, rate=2.0)
    assert clock.elapsed == 4.5


def test_the_number_is_bounded() -> None:
    """The rest stays for another run."""
    letters = FakeLetters(*(order(str(n)) for n in range(10)))
    assert run(FakeFunctions(), letters, maximum=3).details["deleted"] == 3
    assert len(letters.waiting) == 7


def test_a_failing_message_that_shows_up_again_ends_the_run() -> None:
    """Its return means that the queue has been gone through."""
    letters = FakeLetters("no json")
    functions = FakeFunctions()

    def fail_and_return(_qualifier: str, _payload: bytes) -> Invocation:
        letters.waiting.append(letters.hidden[0])
        return Invocation(None, error="InvalidRequestContentException")

    functions.answer = fail_and_return
    redrive(functions, letters, OUTPUTS, FakeClock(), lambda _: None, maximum=5)
    assert letters.events.count("release m0") == 2


@pytest.mark.parametrize(("rate", "maximum"), [(0.0, 5), (-1.0, 5), (1.0, 0)])
def test_senseless_limits_are_refused(rate: float, maximum: int) -> None:
    """No message is received then."""
    letters = FakeLetters(order("a"))
    with pytest.raises(UsageError, match="--rate"):
        run(FakeFunctions(), letters, rate=rate, maximum=maximum)
    assert letters.hidden == []


def test_a_missing_alias_touches_no_message() -> None:
    """It is told before the first message is received."""
    letters = FakeLetters(order("a"))
    with pytest.raises(UsageError, match="does not exist"):
        run(FakeFunctions(live=None), letters)
    assert len(letters.waiting) == 1


@pytest.mark.parametrize(
    ("run_", "outcome"),
    [
        (Invocation({"status": "confirmed"}), "confirmed"),
        (Invocation({"status": "rejected"}), "rejected"),
        (Invocation({"status": "confirmed"}, error="Unhandled"), None),
        (Invocation({"status": "later"}), None),
        (Invocation({"status": ["confirmed"]}), None),
        (Invocation("confirmed"), None),
        (Invocation(None), None),
    ],
)
def test_only_the_services_own_words_count_as_handled(
    run_: Invocation, outcome: str | None
) -> None:
    """Status 200 alone proves nothing."""
    assert outcome_of(run_) == outcome


def test_listing_shows_and_keeps_them_all() -> None:
    """Errors and order ids, nothing invoked, everything visible again."""
    letters = FakeLetters(order("a"), "no json")
    result = list_letters(letters)
    assert result.exit is Exit.DONE
    assert "m0  a  it broke" in result.message
    assert [letter["orderId"] for letter in result.details["letters"]] == ["a", None]  # type: ignore[attr-defined]
    assert len(letters.waiting) == 2
    assert letters.hidden == []


def test_listing_stops_at_its_maximum() -> None:
    """A long queue is shown in part."""
    letters = FakeLetters(*[order(str(number)) for number in range(9)])
    assert len(list_letters(letters, 4).details["letters"]) == 4  # type: ignore[arg-type]
    assert len(letters.waiting) == 9


@pytest.mark.parametrize(
    ("wanted", "left"),
    [(["a"], ["b", "c"]), (["m1", "q2"], ["a"]), (["broke"], []), (["nothing"], ["a", "b", "c"])],
)
def test_only_what_is_wanted_is_replayed(wanted: list[str], left: list[str]) -> None:
    """By order id, message id, request id or a part of the error; the rest stays visible."""
    letters = FakeLetters(order("a"), order("b"), order("c"))
    redrive(FakeFunctions(), letters, OUTPUTS, FakeClock(), lambda _: None, rate=10, wanted=wanted)
    assert sorted(json.loads(each.body)["orderId"] for each in letters.waiting) == left
    assert letters.hidden == []


def test_a_throttled_replay_is_tried_again() -> None:
    """Live traffic goes first; the letter is neither lost nor failed."""
    letters = FakeLetters(order("a"))
    functions = FakeFunctions()
    good = order_processor()
    refusals = iter([True, True, False])

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(refusals):
            return Invocation(None, error="throttled", throttled=True)
        return good(qualifier, payload)

    functions.answer = answer
    assert run(functions, letters).details["confirmed"] == 1
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    assert run(functions, FakeLetters(order("b"))).details["failed"] == 1
