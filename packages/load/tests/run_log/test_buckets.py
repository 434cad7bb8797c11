"""Events in buckets reconcile as in memory, and in memory that does not grow with them."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from load.run_log.buckets import Buckets
from load.run_log.classify import Outcome
from load.run_log.evidence import Stored
from load.run_log.log import Attempt, Entry, Kind
from load.run_log.reconcile import Found, joined, missing, reconcile

ids = st.sampled_from([f"run-{n}" for n in range(12)])
digests = st.sampled_from(["d", "e"])
OUTCOMES: list[Outcome] = ["confirmed", "rejected", "accepted", "throttled", "unanswered"]
KINDS: list[Kind] = ["new", "invalid", "repeat"]
entries = st.lists(
    st.builds(Entry, ids, digests, st.sampled_from(KINDS), st.just("sync"), st.just(0.0))
)
results = st.none() | st.sampled_from(["r1", "r2"])


def attempt(event_id: str, outcome: Outcome, result: str | None = None, at: float = 1.0) -> Attempt:
    """Return an attempt."""
    return Attempt(event_id, "new", "sync", 0, 0, at, outcome, None, 0, None, None, result)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    entries,
    st.lists(st.builds(attempt, ids, st.sampled_from(OUTCOMES), results)),
    st.dictionaries(ids | st.just("another\trun"), digests),
    st.dictionaries(ids | st.just("any\nid"), digests),
    st.booleans(),
    st.integers(1, 5),
)
def test_buckets_change_nothing(
    tmp_path: Path,
    sent: list[Entry],
    answered: list[Attempt],
    stored: dict[str, str],
    dead: dict[str, str],
    settled: bool,
    buckets: int,
) -> None:
    """Fates, doubled, missing and lost events are those of a reconciliation in memory."""
    events = joined(sent, answered)
    expected = reconcile(events, Found(stored, dead, settled))
    with Buckets(tmp_path, buckets) as sorted_:
        sorted_.sent(sent, answered)
        sorted_.found((Stored(i, d, None) for i, d in stored.items()), dead.items())
        found = sorted_.reconcile(settled=settled)
        left = sorted_.missing()
    assert found.counts() == expected.counts()
    assert sorted(found.lost_ids) == sorted(expected.lost_ids)
    assert sorted(left.sample) == sorted(missing(events, Found(stored, dead, settled)))
    assert left.count == len(left.sample)
    assert not list(tmp_path.iterdir())


def test_the_second_look_replaces_the_first(tmp_path: Path) -> None:
    """What is found is what is there now."""
    with Buckets(tmp_path, 2) as sorted_:
        sorted_.sent([Entry("a", "d", "new", "async", 0.0)], [attempt("a", "accepted")])
        sorted_.found([], [])
        assert sorted_.missing().count == 1
        sorted_.found([Stored("a", "d", 5.0)], [])
        assert sorted_.missing().count == 0
        seen: list[tuple[float, float | None]] = []
        sorted_.reconcile(settled=True, see=lambda *times: seen.append(times))
    assert seen == [(1.0, 5.0)]


def test_of_several_messages_under_one_id_the_events_own_counts(tmp_path: Path) -> None:
    """Another content under the id does not hide the DLQ message that is the event's."""
    with Buckets(tmp_path, 2) as sorted_:
        sorted_.sent([Entry("a", "d", "new", "async", 0.0)], [attempt("a", "accepted")])
        sorted_.found([], [("a", "d"), ("a", "other"), ("a", "0")])
        assert sorted_.reconcile(settled=True).counts()["deadLettered"] == 1


def test_a_sample_of_what_is_missing_is_no_longer_than_asked(tmp_path: Path) -> None:
    """However many events are missing, all count and some are named."""
    with Buckets(tmp_path, 4) as sorted_:
        names = [f"a-{n}" for n in range(500)]
        sorted_.sent(
            [Entry(name, "d", "new", "async", 0.0) for name in names],
            [attempt(name, "accepted") for name in names],
        )
        sorted_.found([], [])
        left = sorted_.missing(sample=50)
    assert (left.count, len(set(left.sample))) == (500, 50)


def test_ten_times_the_events_take_no_more_memory(tmp_path: Path) -> None:
    """One bucket of many is in memory: its share of the events, and the open files."""

    def peak(count: int, buckets: int) -> int:
        def run() -> Iterator[Entry]:
            for n in range(count):
                yield Entry(f"run-{n:07d}", "d" * 64, "new", "sync", 0.0)

        tracemalloc.start()
        try:
            with Buckets(tmp_path, buckets) as sorted_:
                sorted_.sent(run(), (attempt(e.event_id, "confirmed", "r" * 64) for e in run()))
                sorted_.found((Stored(e.event_id, e.digest, 1.0) for e in run()), [])
                counts = sorted_.reconcile(settled=True).counts()
            assert counts["confirmed"] == counts["sent"] == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000, 80) < 1.5 * peak(2_000, 8) + 80 * 20_000
