from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from loadtest.drain import Patience, drain
from loadtest.errors import UsageError
from loadtest.reconcile import Order


@dataclass
class World:
    """A table and a queue that orders reach at given times; only sleep moves the clock."""

    stored_at: dict[str, float] = field(default_factory=dict)
    dead_at: dict[str, float] = field(default_factory=dict)
    now: float = 0.0

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def scan(self, wanted: Collection[str]) -> dict[str, str]:
        """Return what the table has by now."""
        return {i: "d" for i, at in self.stored_at.items() if at <= self.now and i in wanted}

    def get(self, order_ids: Collection[str]) -> dict[str, str]:
        """Return what the table has by now."""
        return self.scan(order_ids)

    def peek(self) -> dict[str, str]:
        """Return what the queue has by now."""
        return {i: "d" for i, at in self.dead_at.items() if at <= self.now}


def accepted(*order_ids: str) -> dict[str, Order]:
    """Return asynchronous orders."""
    return {i: Order("d", True, frozenset({"accepted"}), frozenset()) for i in order_ids}


def test_the_wait_ends_as_soon_as_all_is_found() -> None:
    """Orders that arrive late, in the table or dead-lettered, are waited for and no longer."""
    world = World(stored_at={"a": 0, "b": 3}, dead_at={"c": 5})
    found, waited = drain(
        accepted("a", "b", "c"), world, world, Patience(60, 20), world.clock, world.sleep
    )
    assert found.stored.keys() == {"a", "b"}
    assert found.dead.keys() == {"c"}
    assert found.settled
    assert waited == pytest.approx(5, abs=0.5)


def test_nothing_is_waited_for_when_nothing_is_missing() -> None:
    """Throttled orders are not expected anywhere."""
    world = World()
    orders = {"a": Order("d", True, frozenset({"throttled"}), frozenset())}
    found, _ = drain(orders, world, world, Patience(60, 20), world.clock, world.sleep)
    assert found.settled
    assert world.now == 0


def test_quiet_settles_that_the_rest_will_not_come() -> None:
    """No news for longer than the gap between two attempts: what is missing then is lost."""
    world = World(stored_at={"a": 2})
    found, _ = drain(accepted("a", "b"), world, world, Patience(600, 20), world.clock, world.sleep)
    assert found.settled
    assert 22 <= world.now <= 23


def test_a_backlog_still_moving_at_the_bound_is_not_settled() -> None:
    """Orders keep arriving when the longest wait ends: the missing ones cannot be called lost."""
    world = World(stored_at={str(n): n for n in range(100)})
    found, _ = drain(
        accepted(*map(str, range(100))), world, world, Patience(30, 20), world.clock, world.sleep
    )
    assert not found.settled
    assert world.now == pytest.approx(30, abs=1)


def test_waits_must_be_above_zero() -> None:
    """A negative wait is bad input."""
    with pytest.raises(UsageError, match="above 0"):
        Patience(longest=-1)
