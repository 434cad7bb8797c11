"""The smoke test: what it accepts of a version."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service.probes import Probe

from release.aws.lambda_functions import Invocation
from release.commands.smoke import DRAWN, smoke
from release.result import Exit
from release.synthetic.answers import check_answer
from release.tests.fakes import Echo, FakeClock, FakeFunctions, echo, release_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    Answer = Callable[[str, bytes], Invocation]


def test_a_good_version_passes_by_its_number() -> None:
    """Every probe of the service, the first one twice, then drawn ones, all at that version."""
    functions = FakeFunctions()
    good = echo()
    sent: list[tuple[str, dict[str, object]]] = []

    def record(qualifier: str, payload: bytes) -> Invocation:
        sent.append((qualifier, json.loads(payload)))
        return good(qualifier, payload)

    functions.answer = record
    result = smoke(release_of(functions), "2")
    assert result.exit is Exit.DONE
    assert "executed version 2" in result.message
    assert {qualifier for qualifier, _ in sent} == {"2"}
    named, drawn = sent[:5], sent[5:]
    assert [event["number"] for _, event in named] == [0, 0, -1, 1, 2]
    assert sent[0] == sent[1]
    assert len({event["id"] for _, event in sent}) == len(sent) - 1
    assert len(drawn) == DRAWN
    assert len({event["number"] for _, event in drawn}) > DRAWN / 2


def test_a_draw_is_repeated_by_its_seed() -> None:
    """The same contents under other ids; another seed draws others."""

    def contents(seed: int) -> list[int]:
        functions = FakeFunctions()
        sent: list[int] = []
        good = echo()

        def record(qualifier: str, payload: bytes) -> Invocation:
            sent.append(json.loads(payload)["number"])
            return good(qualifier, payload)

        functions.answer = record
        assert smoke(release_of(functions), "2", seed=seed).details["seed"] == seed
        return sent

    assert contents(1) == contents(1) != contents(2)


@pytest.mark.parametrize(
    ("probe", "run", "wrong"),
    [
        (Probe({}, {}, because="A"), Invocation({"reason": "A"}, "2"), []),
        (
            Probe({}, {}, because="A"),
            Invocation({"reason": "B"}, "2"),
            ["it was refused for {'reason': 'B'}, not for A"],
        ),
        (Probe({}, {}, logged=("id-1",)), Invocation({}, "2", log="id-1 x"), []),
        (Probe({}, {}, logged=("id-1",)), Invocation({}, "2", log="x"), ["id-1 is not in its log"]),
        (Probe({}, {}, logged=("id-1",)), Invocation({}, "2"), []),
    ],
)
def test_reason_and_log_are_what_the_probe_says(
    probe: Probe, run: Invocation, wrong: list[str]
) -> None:
    """A refusal for another reason is wrong; a log that AWS does not send says nothing."""
    assert check_answer("2", probe, run, Reasons()) == wrong


class Reasons(Echo):
    """Tells a reason of one letter apart."""

    def reason(self, answer: object) -> str:
        """The answer's own."""
        return "A" if answer == {"reason": "A"} else str(answer)


def test_what_follows_an_event_is_sent_after_its_repeat() -> None:
    """Other content under the same id must be refused."""

    class Followed(Echo):
        def drawn(self, mark: str, at: datetime, seed: int) -> Iterator[Probe]:  # noqa: ARG002
            other = Probe({"id": f"{mark}-d", "number": 8}, {"status": "rejected"})
            answer = {"status": "confirmed", "double": 14}
            yield Probe({"id": f"{mark}-d", "number": 7}, answer, then=(other,))

    release = replace(release_of(FakeFunctions()), probes=Followed)
    result = smoke(release, "2", seed=5)
    assert result.exit is Exit.FAIL
    assert "what follows event 0 of seed 5: status 'confirmed', not 'rejected'" in result.message
    assert result.details["event"]["number"] == 8  # type: ignore[index]


def changed(key: str, value: object) -> Answer:
    """A good service that confirms with one field changed."""
    good = echo()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        run = good(qualifier, payload)
        payload_ = run.payload
        if isinstance(payload_, dict) and payload_["status"] == "confirmed":
            return Invocation({**payload_, key: value}, qualifier)
        return run

    return answer


def forgetful() -> Answer:
    """A service that confirms the same event anew each time."""
    times = iter(range(10))
    good = echo()

    def answer(qualifier: str, payload: bytes) -> Invocation:
        run = good(qualifier, payload)
        assert isinstance(run.payload, dict)
        return Invocation({**run.payload, "at": next(times)}, qualifier)

    return answer


def gullible(qualifier: str, payload: bytes) -> Invocation:
    """A service that confirms whatever it gets."""
    event = json.loads(payload)
    answer = {"status": "confirmed", "id": event["id"], "double": 2 * event["number"]}
    return Invocation(answer, qualifier)


def elsewhere(_qualifier: str, payload: bytes) -> Invocation:
    """Another version than the one asked for."""
    return echo()("1", payload)


def broken(qualifier: str, _payload: bytes) -> Invocation:
    """A service that raises."""
    return Invocation(None, qualifier, error="Unhandled: KeyError: 'x'")


def wordless(qualifier: str, _payload: bytes) -> Invocation:
    """A service that returns nothing."""
    return Invocation(None, qualifier)


def only_first(qualifier: str, payload: bytes) -> Invocation:
    """Right for the first probe only."""
    run = echo()(qualifier, payload)
    assert isinstance(run.payload, dict)
    confirmed = run.payload["status"] == "confirmed"
    return Invocation({**run.payload, "double": 0} if confirmed else run.payload, qualifier)


def silent(qualifier: str, payload: bytes) -> Invocation:
    """A service that turns away without a reason."""
    run = echo()(qualifier, payload)
    assert isinstance(run.payload, dict)
    return Invocation({**run.payload, "reasons": []}, qualifier)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (changed("double", 7), "a valid event: double 7, not 0"),
        (changed("status", "accepted"), "status 'accepted'"),
        (forgetful(), "answered differently"),
        (gullible, "an invalid event: status 'confirmed', not 'rejected'"),
        (elsewhere, "version 1 ran instead of 2"),
        (broken, "KeyError"),
        (wordless, "status None"),
        (only_first, "a valid event: double 0, not 2"),
        (silent, "an invalid event: no reasons"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_bad_version_fails_and_says_why(answer: Answer, says: str) -> None:
    """Each kind of wrong answer is found."""
    functions = FakeFunctions()
    functions.answer = answer
    result = smoke(release_of(functions), "2")
    assert result.exit is Exit.FAIL
    assert says in result.message


def test_throttles_are_waited_out() -> None:
    """Live traffic shares the concurrency: a 429 is no verdict on the version."""
    functions = FakeFunctions()
    good = echo()
    refusals = iter([True, True, False, True])

    def answer(qualifier: str, payload: bytes) -> Invocation:
        if next(refusals, False):
            return Invocation(None, error="throttled", throttled=True)
        return good(qualifier, payload)

    functions.answer = answer
    clock = FakeClock()
    assert smoke(release_of(functions, clock=clock), "2").exit is Exit.DONE
    assert clock.elapsed == 0.25 + 0.5 + 0.25


def test_endless_throttling_is_inconclusive() -> None:
    """Nothing of the version ran: that is no verdict on it, and what is waited for is said."""
    functions = FakeFunctions()
    functions.answer = lambda _q, _p: Invocation(None, error="throttled", throttled=True)
    said: list[str] = []
    result = smoke(release_of(functions, say=said.append), "2")
    assert result.exit is Exit.INCONCLUSIVE
    assert "nobody knows whether it works" in result.message
    assert str(result.remedy).startswith("`nox -s smoke -- staging --version 2`")
    assert len(said) == 5
    assert all("live traffic uses the reserved concurrency" in line for line in said)


def test_a_service_that_accepts_nothing_cannot_be_tried() -> None:
    """A pass without a single event would be worth nothing."""

    class Shut(Echo):
        def accepted(self, mark: str, at: datetime) -> list[Probe]:  # noqa: ARG002
            return []

    with pytest.raises(UsageError, match="accepts nothing"):
        smoke(replace(release_of(), probes=Shut), "2")


def test_an_unknown_version_is_refused() -> None:
    """Nothing is invoked then."""
    functions = FakeFunctions()
    with pytest.raises(UsageError, match="no version 9"):
        smoke(release_of(functions), "9")
