import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from hypothesis import given, settings
from hypothesis import strategies as st
from service import declaration

from load.run_log.digests import content_digest
from load.send.events import (
    REPEAT_AFTER,
    PlannedEvent,
    Share,
    Source,
    planned,
    probes_of,
)
from load.tests.running import PROBES
from loadtest.scenarios import LOAD_TESTS

if TYPE_CHECKING:
    from load.run_log.log import Invocation, Kind


def events(seed: int, rate: float = 100, duration: float = 20) -> list[PlannedEvent]:
    """Return the events of a short peak hour."""
    plan = LOAD_TESTS.scenario("peak_hour", rate, duration)
    return list(planned(plan, Source(PROBES, seed, "run", 1_000_000.0)))


@settings(max_examples=20)
@given(st.integers())
def test_the_same_seed_gives_the_same_events(seed: int) -> None:
    """Contents, kinds and due times are all replayed."""
    assert events(seed, 20, 5) == events(seed, 20, 5)


def test_another_run_sends_other_ids() -> None:
    """A replay into the same table meets no event of the run before."""
    plan = LOAD_TESTS.scenario("peak_hour", 20, 5)
    first, second = (list(planned(plan, Source(PROBES, 1, run_id, 0.0))) for run_id in ("a", "b"))
    assert not {o.event_id for o in first} & {o.event_id for o in second}
    assert [o.offset for o in first] == [o.offset for o in second]


def test_the_digest_is_the_one_of_the_payload() -> None:
    """What is sent is already in canonical form, so that its digest is the content's."""
    for event in events(3):
        assert hashlib.sha256(event.payload).hexdigest() == event.digest
        assert content_digest(json.loads(event.payload)) == event.digest


def test_the_mix_is_kept() -> None:
    """The kinds of many events have the mix's shares, within five deviations."""
    sent = events(5, 300, 30)
    kinds = Counter((event.kind, event.invocation) for event in sent)
    expected: dict[tuple[Kind, Invocation], float] = {
        ("new", "async"): 0.10,
        ("invalid", "sync"): 0.02,
        ("repeat", "sync"): 0.02,
    }
    for kind, share in expected.items():
        assert abs(kinds[kind] - share * len(sent)) < 5 * (share * len(sent)) ** 0.5


def test_a_repeat_is_an_earlier_synchronous_event_word_for_word() -> None:
    """Same id, same content, and late enough for the original to be answered."""
    sent = events(7)
    originals = {o.event_id: o for o in sent if o.kind == "new" and o.invocation == "sync"}
    repeats = [event for event in sent if event.kind == "repeat"]
    assert repeats
    for repeat in repeats:
        original = originals[repeat.event_id]
        assert repeat.payload == original.payload
        assert repeat.offset >= original.offset + REPEAT_AFTER


def test_all_other_ids_are_new() -> None:
    """Only repeats share an id."""
    ids = [event.event_id for event in events(9) if event.kind != "repeat"]
    assert len(ids) == len(set(ids))


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_shares_make_up_the_whole_run(seed: int, senders: int) -> None:
    """Senders that share a run send each of its events once, and no other."""
    plan = LOAD_TESTS.scenario("peak_hour", 60, 4)
    source = Source(PROBES, seed, "run", 1_000.0)
    whole = list(planned(plan, source))
    parts = [list(planned(plan, source, Share(n, senders))) for n in range(senders)]
    assert sorted((o for part in parts for o in part), key=lambda o: o.offset) == whole
    assert all(part == whole[n::senders] for n, part in enumerate(parts))


class Blanks:
    """Probes whose events are no canonical JSON."""

    def event(self, event_id: str, *_: object) -> bytes:
        """With a blank in it."""
        return json.dumps({"orderId": event_id}).encode()

    def event_id(self, event: dict[str, str]) -> str:
        """As the order processor's."""
        return event["orderId"]


class Nameless(Blanks):
    """Probes that do not find the id of their own event."""

    def event(self, event_id: str, *_: object) -> bytes:
        """Under another name than `event_id` looks for."""
        return f'{{"id":"{event_id}","orderId":""}}'.encode()


@pytest.mark.parametrize(("probes", "says"), [(Blanks, "canonical"), (Nameless, "event_id")])
def test_events_that_could_not_be_found_again_are_not_sent(
    probes: type[Blanks], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would be reconciled as lost."""
    monkeypatch.setattr("load.send.events.load", lambda _: probes())
    with pytest.raises(UsageError, match=rf"services/order_processor/probes\.py .*{says}"):
        probes_of(declaration.load("order_processor"))
