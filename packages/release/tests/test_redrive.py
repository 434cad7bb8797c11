"""Replaying DLQ messages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from release.aws.lambda_functions import Invocation
from release.commands.redrive import list_messages, outcome_of, redrive
from release.errors import UnavailableError, UnfinishedError
from release.result import Exit, Result
from release.tests.fakes import (
    Echo,
    FakeClock,
    FakeFunctions,
    FakeQueue,
    echo,
    event,
    release_of,
)

if TYPE_CHECKING:
    from release.aws.sqs import Message


def run(functions: FakeFunctions, queue: FakeQueue, **limits: float) -> Result:
    """Redrive with a fake clock, saying nothing."""
    maximum = int(limits.get("maximum", 1000))
    rate = limits.get("rate", 10.0)
    return redrive(release_of(functions, queue=queue), rate=rate, maximum=maximum)


def test_handled_events_leave_and_failing_ones_stay_visible() -> None:
    """Confirmed and rejected are handled; what fails is named and stays."""
    queue = FakeQueue(event("a"), "no json", event("b", -1), event("c"))
    result = run(FakeFunctions(), queue)
    assert result.exit is Exit.FAIL
    assert (result.details["confirmed"], result.details["rejected"]) == (2, 1)
    assert [message.body for message in queue.waiting] == ["no json"]
    assert queue.hidden == []
    left = result.details["left"]
    assert isinstance(left, list)
    assert left[0]["replayError"] == "InvalidRequestContentException"
    assert left[0]["errorMessage"] == "it broke"


def test_a_synthetic_event_is_deleted_and_never_replayed() -> None:
    """Only a version takes it, by its number; it is counted apart."""
    queue, functions = FakeQueue(event("synthetic-2-a"), event("b")), FakeFunctions()
    sent: list[str] = []
    good = echo()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        sent.append(json.loads(payload)["id"])
        return good(qualifier, payload)

    functions.answer = answer
    result = run(functions, queue)
    assert sent == ["b"]
    assert (result.exit, result.details["discarded"], result.details["deleted"]) == (0, 1, 2)
    assert "1 synthetic ones were deleted" in result.message
    assert not queue.waiting + queue.hidden


def test_an_empty_queue_is_done() -> None:
    """Nothing to do is success."""
    assert run(FakeFunctions(), FakeQueue()).exit is Exit.DONE


def test_nothing_is_deleted_before_it_succeeded() -> None:
    """The order of events that makes dying at any point safe."""
    queue = FakeQueue(event("a"))
    functions = FakeFunctions()
    good = echo()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        queue.events.append(f"invoke {qualifier}")
        return good(qualifier, payload)

    functions.answer = answer
    run(functions, queue)
    assert queue.events == ["invoke production", "delete m0"]


def test_aws_failing_half_way_loses_nothing() -> None:
    """Every message not deleted is visible again when it ends, however it ends."""
    queue = FakeQueue(event("a"), event("b"), event("c"))
    functions = FakeFunctions()
    good = echo()
    calls = iter(range(9))

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(calls) == 1:
            raise UnavailableError("AWS could not be reached.")
        return good(qualifier, payload)

    functions.answer = answer
    with pytest.raises(UnfinishedError, match="1 of the 2 messages that were sent"):
        run(functions, queue)
    assert [message.message_id for message in queue.waiting] == ["m2", "m1"]
    assert run(functions, queue).exit is Exit.DONE
    assert queue.waiting == []


@given(st.lists(st.sampled_from(["good", "invalid", "no json"]), max_size=8))
def test_twice_is_as_good_as_once(kinds: list[str]) -> None:
    """The second run finds only what failed, and no event has two answers."""
    bodies = {"good": event("a"), "invalid": event("b", -1), "no json": "no json"}
    queue = FakeQueue(*(bodies[kind] for kind in kinds))
    functions = FakeFunctions()
    first = run(functions, queue)
    assert first.details["deleted"] == len(kinds) - kinds.count("no json")
    second = run(functions, queue)
    assert (second.details["deleted"], second.details["failed"]) == (0, kinds.count("no json"))


def test_the_rate_is_bounded() -> None:
    """Ten DLQ messages at two a second take at least four and a half seconds."""
    clock = FakeClock()
    queue = FakeQueue(*(event(str(n)) for n in range(10)))
    redrive(release_of(FakeFunctions(), clock=clock, queue=queue), rate=2.0)
    assert clock.elapsed == 4.5


def test_the_number_is_bounded() -> None:
    """The rest stays for another run."""
    queue = FakeQueue(*(event(str(n)) for n in range(10)))
    assert run(FakeFunctions(), queue, maximum=3).details["deleted"] == 3
    assert len(queue.waiting) == 7


def test_a_failing_message_that_shows_up_again_ends_the_run() -> None:
    """Its return means that the queue has been gone through."""
    queue = FakeQueue("no json")
    functions = FakeFunctions()

    def fail_and_return(_qualifier: str, _payload: bytes) -> Invocation:
        queue.waiting.append(queue.hidden[0])
        return Invocation(None, error="InvalidRequestContentException")

    functions.answer = fail_and_return
    redrive(release_of(functions, queue=queue), maximum=5)
    assert queue.events.count("unhide m0") == 2


@pytest.mark.parametrize(("rate", "maximum"), [(0.0, 5), (-1.0, 5), (1.0, 0)])
def test_senseless_limits_are_refused(rate: float, maximum: int) -> None:
    """No message is received then."""
    queue = FakeQueue(event("a"))
    with pytest.raises(UsageError, match="--rate"):
        run(FakeFunctions(), queue, rate=rate, maximum=maximum)
    assert queue.hidden == []


def test_a_missing_alias_touches_no_message() -> None:
    """It is told before the first message is received."""
    queue = FakeQueue(event("a"))
    with pytest.raises(UsageError, match="does not exist"):
        run(FakeFunctions(live=None), queue)
    assert len(queue.waiting) == 1


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
    assert outcome_of(run_, Echo()) == outcome


def test_listing_shows_and_keeps_them_all() -> None:
    """Errors and events' ids, nothing invoked, everything visible again."""
    queue = FakeQueue(event("a"), "no json")
    result = list_messages(release_of(queue=queue))
    assert result.exit is Exit.DONE
    assert "m0  a  it broke" in result.message
    assert [message["eventId"] for message in result.details["messages"]] == ["a", None]  # type: ignore[attr-defined]
    assert len(queue.waiting) == 2
    assert queue.hidden == []


def test_listing_stops_at_its_maximum() -> None:
    """A long queue is shown in part."""
    queue = FakeQueue(*[event(str(number)) for number in range(9)])
    assert len(list_messages(release_of(queue=queue), 4).details["messages"]) == 4  # type: ignore[arg-type]
    assert len(queue.waiting) == 9


@pytest.mark.parametrize(
    ("wanted", "left"),
    [(["a"], ["b", "c"]), (["m1", "q2"], ["a"]), (["broke"], []), (["nothing"], ["a", "b", "c"])],
)
def test_only_what_is_wanted_is_replayed(wanted: list[str], left: list[str]) -> None:
    """By the event's id, message id, request id or a part of the error; the rest stays visible."""
    queue = FakeQueue(event("a"), event("b"), event("c"))
    redrive(release_of(FakeFunctions(), queue=queue), rate=10, wanted=wanted)
    assert sorted(json.loads(each.body)["id"] for each in queue.waiting) == left
    assert queue.hidden == []


def test_a_throttled_replay_is_tried_again() -> None:
    """Live traffic goes first; the message is neither lost nor failed."""
    queue = FakeQueue(event("a"))
    functions = FakeFunctions()
    good = echo()
    refusals = iter([True, True, False])

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(refusals):
            return Invocation(None, error="throttled", throttled=True)
        return good(qualifier, payload)

    functions.answer = answer
    assert run(functions, queue).details["confirmed"] == 1
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    assert run(functions, FakeQueue(event("b"))).details["failed"] == 1


DEEP = "[" * 3000 + "]" * 3000
ODD = [
    DEEP,
    '{"id": "deep", "number": 1, "more": ' + DEEP + "}",
    '{"id": "half \\ud83d", "number": 1}',
    '{"id": "raw half \ud83d", "number": 1}',
    '{"id": "nan", "number": NaN}',
    '{"id": "digits", "number": ' + "9" * 5000 + "}",
    '{"id": "two\\nlines", "number": 1}',
    "no json",
    "",
    "[]",
    '"text"',
]


class Strict(Echo):
    """A service whose own code fails on odd events."""

    def event_id(self, event: object) -> str | None:
        """Its id."""
        return str(event["id"])  # type: ignore[index]


@pytest.mark.parametrize("probes", [Echo, Strict])
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
def test_no_message_stops_what_comes_behind_it(
    body: str, probes: type[Echo], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the replay nor the list; what is not handled stays, and both can be printed."""
    queue = FakeQueue(event("a"), body, event("b"))
    release = replace(release_of(queue=queue), probes=probes, say=print)
    listed = list_messages(release)
    assert listed.exit is Exit.DONE
    assert len(listed.message.splitlines()) == 4
    print(listed.message, json.dumps(listed.details))
    result = redrive(release, rate=10)
    handled = result.details["deleted"]
    assert handled in (2, 3)
    assert len(queue.waiting) == 3 - int(str(handled))
    assert queue.hidden == []
    assert "confirmed: b" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [UnavailableError("lost"), UsageError("gone"), ZeroDivisionError()]
)
def test_what_stops_it_between_invoking_and_deleting_is_told(error: Exception) -> None:
    """Whatever it is: one event was sent, and its message is still there."""
    queue = FakeQueue(event("a"), event("b"))

    def fail(_message: Message) -> None:
        raise error

    queue.delete = fail  # type: ignore[method-assign, assignment]
    with pytest.raises(UnfinishedError, match="after 0 of the 1 messages that were sent"):
        run(FakeFunctions(), queue)
    assert (len(queue.waiting), queue.hidden) == (2, [])


def test_an_interruption_between_invoking_and_deleting_is_told() -> None:
    """Ctrl-C ends it at once, and says how far it came."""
    queue, said = FakeQueue(event("a")), list[str]()

    def interrupt(_message: Message) -> None:
        raise KeyboardInterrupt

    queue.delete = interrupt  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        redrive(release_of(queue=queue, say=said.append), rate=10)
    assert "after 0 of the 1 messages that were sent" in said[-1]
    assert queue.hidden == []
