import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.run_log.classify import Outcome
from load.run_log.log import Attempt, Entry
from load.run_log.reconcile import Event, Fate, Found, fate, joined, missing, reconcile

OUTCOMES: list[Outcome] = [
    "confirmed",
    "rejected",
    "accepted",
    "throttled",
    "functionError",
    "transportError",
]
digests = st.sampled_from(["d", "other"])
known = st.builds(
    Event,
    digest=st.just("d"),
    valid=st.booleans(),
    outcomes=st.frozensets(st.sampled_from(OUTCOMES)),
    results=st.frozensets(st.sampled_from(["r1", "r2"])),
)
ids = st.sampled_from("abcdefgh")


def event(*outcomes: Outcome, valid: bool = True, results: frozenset[str] = frozenset()) -> Event:
    """Return an event of content d."""
    return Event("d", valid, frozenset(outcomes), results)


@pytest.mark.parametrize(
    ("given_event", "stored", "dead", "settled", "expected"),
    [
        (event("confirmed"), "d", None, True, "confirmed"),
        (event("confirmed"), None, None, True, "lost"),
        (event("confirmed"), "other", None, True, "lost"),
        (event("accepted"), "d", None, True, "confirmed"),
        (event("accepted"), "d", None, False, "confirmed"),
        (event("accepted"), None, "d", True, "deadLettered"),
        (event("accepted"), None, "other", True, "lost"),
        (event("accepted"), None, None, True, "lost"),
        (event("accepted"), None, None, False, "unverified"),
        (event("throttled"), None, None, True, "throttled"),
        (event("throttled"), "d", None, True, "confirmed"),
        (event("throttled", "confirmed"), "d", None, True, "confirmed"),
        (event("throttled", "confirmed"), None, None, True, "lost"),
        (event("functionError"), None, None, True, "failed"),
        (event("functionError"), "d", None, True, "confirmed"),
        (event("transportError"), None, None, True, "failed"),
        (event(), None, None, True, "failed"),
        (event(), "d", None, True, "confirmed"),
        (event("rejected", valid=False), None, None, True, "rejected"),
        (event("rejected"), None, None, True, "failed"),
        (event("confirmed", valid=False), "d", None, True, "failed"),
        (event("throttled", valid=False), None, None, True, "throttled"),
    ],
)
def test_an_events_fate_follows_from_what_was_said_and_what_was_found(
    given_event: Event, stored: str | None, dead: str | None, settled: bool, expected: Fate
) -> None:
    """What was taken on must be found with the same content; what was refused need not be."""
    there, queued = ({"a": each} if each else {} for each in (stored, dead))
    assert fate("a", given_event, Found(there, queued, settled)) == expected


@given(
    st.dictionaries(ids, known),
    st.dictionaries(ids, digests),
    st.dictionaries(ids, digests),
    st.booleans(),
)
def test_every_event_meets_exactly_one_fate(
    events: dict[str, Event], stored: dict[str, str], dead: dict[str, str], settled: bool
) -> None:
    """The fates add up to the events sent, and lost events are named."""
    result = reconcile(events, Found(stored, dead, settled))
    counts = result.counts()
    duplicated = counts.pop("duplicated")
    assert sum(counts.values()) == 2 * counts["sent"] == 2 * len(events)
    assert counts["lost"] == len(result.lost_ids)
    assert duplicated == sum(len(o.results) > 1 for o in events.values())


@given(st.dictionaries(ids, known), st.booleans())
def test_an_event_found_with_its_content_is_never_lost(
    events: dict[str, Event], settled: bool
) -> None:
    """Only what is not there, or is there with another content, can be lost."""
    stored = dict.fromkeys(events, "d")
    assert reconcile(events, Found(stored, {}, settled)).counts()["lost"] == 0


def test_attempts_of_repeats_are_joined_to_the_one_event() -> None:
    """Two answers to one event are one event, doubled when they differ."""
    entries = [Entry("a", "d", "new", "sync", 0.0), Entry("a", "d", "repeat", "sync", 2.0)]

    def attempt(result: str) -> Attempt:
        return Attempt("a", "new", "sync", 0, 0, 0, "confirmed", None, 200, "1", None, result)

    same = joined(entries, [attempt("r1"), attempt("r1")])
    differ = joined(entries, [attempt("r1"), attempt("r2")])
    assert reconcile(same, Found({"a": "d"}, {}, True)).counts()["duplicated"] == 0
    assert reconcile(differ, Found({"a": "d"}, {}, True)).counts()["duplicated"] == 1
    assert len(same) == 1


def test_only_what_was_taken_on_is_missed() -> None:
    """The wait for the backlog is for accepted and confirmed events alone."""
    events = {"a": event("accepted"), "b": event("throttled"), "c": event("confirmed")}
    assert missing(events, Found({"c": "d"}, {}, True)) == ["a"]
    assert missing(events, Found({}, {"c": "d"}, True)) == ["a"]


@pytest.mark.parametrize(
    ("given_event", "dead", "settled", "expected"),
    [
        (event("confirmed"), {}, True, "confirmed"),
        (event("confirmed", valid=False), {}, True, "failed"),
        (event("accepted"), {}, True, "accepted"),
        (event("accepted"), {}, False, "unverified"),
        (event("accepted"), {"a": "d"}, True, "deadLettered"),
        (event("accepted"), {"a": "other"}, True, "accepted"),
        (event("rejected", valid=False), {}, True, "rejected"),
        (event("throttled"), {}, True, "throttled"),
    ],
)
def test_without_a_table_nothing_is_called_lost(
    given_event: Event, dead: dict[str, str], settled: bool, expected: Fate
) -> None:
    """What was answered is believed; of what was accepted only the DLQ can tell."""
    assert fate("a", given_event, Found(None, dead, settled)) == expected


def test_without_a_table_only_accepted_events_are_awaited_and_none_counts_as_doubled() -> None:
    """Nothing else can still turn up, and two answers prove no second effect."""
    twice = frozenset({"r1", "r2"})
    events = {"a": event("accepted"), "b": event("confirmed", results=twice)}
    assert missing(events, Found(None, {}, True)) == ["a"]
    assert missing(events, Found(None, {"a": "d"}, True)) == []
    assert reconcile(events, Found(None, {}, True)).duplicated == 0
