from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from console.errors import UsageError

from load.run_log.buckets import Buckets
from load.run_log.classify import Outcome
from load.run_log.evidence import Stored
from load.run_log.log import Attempt, Entry
from load.run_log.settle import Patience, settle


@dataclass
class World:
    """A table and a queue that events reach at given times; only sleep moves the clock."""

    stored_at: dict[str, float] = field(default_factory=dict)
    dead_at: dict[str, float] = field(default_factory=dict)
    now: float = 0.0
    whole: bool = True

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def scan(self) -> list[Stored]:
        """Return what the table has by now."""
        return [Stored(i, "d", at) for i, at in self.stored_at.items() if at <= self.now]

    def get(self, event_ids: Collection[str]) -> list[Stored]:
        """Return what the table has by now."""
        return [event for event in self.scan() if event.event_id in event_ids]

    def peek(self) -> list[tuple[str, str]]:
        """Return what the queue has by now."""
        return [(i, "d") for i, at in self.dead_at.items() if at <= self.now]


@pytest.fixture
def buckets(tmp_path: Path) -> Iterator[Buckets]:
    """Return run log without an event."""
    with Buckets(tmp_path, buckets=4) as opened:
        yield opened


def sent(buckets: Buckets, outcome: Outcome, *event_ids: str) -> None:
    """Book events that came to `outcome`."""
    buckets.sent(
        [Entry(i, "d", "new", "async", 0.0) for i in event_ids],
        [
            Attempt(i, "new", "async", 0, 0, 0, outcome, None, 202, None, None, None)
            for i in event_ids
        ],
    )


def wait(buckets: Buckets, world: World, patience: Patience) -> tuple[bool, float]:
    """Wait in a world."""
    return settle(buckets, world, world, patience, world.clock, world.sleep)


def test_the_wait_ends_as_soon_as_all_is_found(buckets: Buckets) -> None:
    """Events that arrive late, in the table or dead-lettered, are waited for, not much longer."""
    world = World(stored_at={"a": 0, "b": 3}, dead_at={"c": 5})
    sent(buckets, "accepted", "a", "b", "c")
    settled, waited = wait(buckets, world, Patience(60, 20))
    assert settled
    assert 5 <= waited <= 5 + 20 / 4 + 0.5
    counts = buckets.reconcile(settled=settled).counts()
    assert (counts["confirmed"], counts["deadLettered"], counts["lost"]) == (2, 1, 0)


def test_nothing_is_waited_for_when_nothing_is_missing(buckets: Buckets) -> None:
    """Throttled events are not expected anywhere."""
    world = World()
    sent(buckets, "throttled", "a")
    assert wait(buckets, world, Patience(60, 20)) == (True, 0)
    assert world.now == 0


def test_quiet_settles_that_the_rest_will_not_come(buckets: Buckets) -> None:
    """No news for longer than the gap between two attempts: what is missing then is lost."""
    world = World(stored_at={"a": 2})
    sent(buckets, "accepted", "a", "b")
    settled, _ = wait(buckets, world, Patience(600, 20))
    assert settled
    assert 22 <= world.now <= 22 + 20 / 4 + 1
    assert buckets.reconcile(settled=settled).lost_ids == ("b",)


def test_a_backlog_still_moving_at_the_bound_is_not_settled(buckets: Buckets) -> None:
    """Events keep arriving when the longest wait ends: the missing ones cannot be called lost."""
    world = World(stored_at={str(n): n for n in range(100)})
    sent(buckets, "accepted", *map(str, range(100)))
    settled, _ = wait(buckets, world, Patience(30, 20))
    assert not settled
    assert world.now == pytest.approx(30, abs=1)
    counts = buckets.reconcile(settled=settled).counts()
    assert counts["unverified"] == 69
    assert counts["lost"] == 0


def test_a_queue_that_was_not_read_whole_settles_nothing(buckets: Buckets) -> None:
    """What is missing may be among the messages nobody could read."""
    world = World(whole=False)
    sent(buckets, "accepted", "a")
    settled, _ = wait(buckets, world, Patience(60, 5))
    assert not settled


def test_waits_must_be_above_zero() -> None:
    """A negative wait is bad input."""
    with pytest.raises(UsageError, match="above 0"):
        Patience(longest=-1)
