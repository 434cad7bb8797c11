"""Small parts of the sender: when it tries again, how hard it works, how it counts in batches."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.retries import ONCE, Retries
from load.send.cpu import busiest


@given(st.integers(1, 60), st.floats(0, 1))
def test_waits_double_up_to_their_cap_and_are_drawn_from_all_of_it(
    tried: int, drawn: float
) -> None:
    """Full jitter: anything between nothing and the bound of that try."""
    retries = Retries(tries=6, base=0.2, cap=5.0)
    bound = min(5.0, 0.2 * 2 ** (tried - 1))
    assert retries.wait(tried, 1.0) == pytest.approx(bound)
    assert 0 <= retries.wait(tried, drawn) <= bound
    assert retries.wait(tried, 0.0) == 0


def test_most_scenarios_try_once() -> None:
    """A retry that nobody asked for would hide throttles."""
    assert ONCE.tries == 1


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.1),
        ([0.0, 0.0, 0.9, 1.8, 2.7, 3.6, 4.5, 4.5, 4.5], 0.9),
        ([0.0, 0.5, 1.0], 0.5),
        ([0.0], 0.0),
        ([], 0.0),
    ],
)
def test_the_busiest_seconds_count(cpu: list[float], expected: float) -> None:
    """A generator is the bottleneck when it is one for seconds, not on average over an hour."""
    assert busiest(list(enumerate(cpu))) == pytest.approx(expected)


def test_batches_add_up_to_what_single_requests_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts, times, lengths, percentiles and failures are Locust's own, whenever it is merged."""
    # Locust would take over the sockets of this process, where others are tested.
    monkeypatch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from locust.stats import RequestStats

    from load.send.statistics import Batches

    now = [1_000.0]
    monkeypatch.setattr("time.time", lambda: now[0])
    single, merged = RequestStats(), RequestStats()
    noted = Batches(merged)
    rng = random.Random(1)
    for _ in range(2_000):
        now[0] += rng.expovariate(200)
        name, took = rng.choice(["new", "repeat"]), int(rng.expovariate(0.02))
        failure = RuntimeError("no") if rng.random() < 0.1 else None
        single.log_request("SYNC", name, took, 100)
        if failure:
            single.log_error("SYNC", name, failure)
        noted.note("SYNC", name, took, 100, failure)
    noted.flush()
    noted.flush()
    for key in (("new", "SYNC"), ("repeat", "SYNC")):
        ours, theirs = merged.entries[key], single.entries[key]
        assert ours.num_requests == theirs.num_requests
        assert ours.num_failures == theirs.num_failures
        assert ours.total_response_time == pytest.approx(theirs.total_response_time)
        assert (ours.min_response_time, ours.max_response_time) == (
            theirs.min_response_time,
            theirs.max_response_time,
        )
        assert ours.total_content_length == theirs.total_content_length
        assert ours.get_response_time_percentile(0.95) == theirs.get_response_time_percentile(0.95)
        assert sum(ours.num_reqs_per_sec.values()) == ours.num_requests
    assert merged.total.num_requests == single.total.num_requests == 2_000
    assert merged.total.num_failures == single.total.num_failures
