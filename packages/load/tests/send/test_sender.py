from collections.abc import Callable, Iterator
from pathlib import Path

import gevent  # type: ignore[import-untyped]
import pytest
from gevent.event import Event  # type: ignore[import-untyped]

from load.run_log import log as ledger
from load.run_log.classify import Judged, Reply
from load.run_log.log import Attempt, Entry, Ledger
from load.send.events import PlannedOrder
from load.send.sender import Clock, Sender

COUNT = 20


def due_orders(gap: float = 0.001) -> list[PlannedOrder]:
    """Return orders due one after the other."""
    return [PlannedOrder(f"a-{n}", "order", "sync", n * gap, b"{}", f"d{n}") for n in range(COUNT)]


class Held:
    """Answers nobody until all orders have been sent: a closed model would wait for ever."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.sent = 0
        self.all_sent = Event()
        self.before = before

    def invoke(self, payload: bytes, *, asynchronous: bool) -> Reply:
        """Answer once all have been sent."""
        assert payload == b"{}"
        assert not asynchronous
        self.before()
        self.sent += 1
        if self.sent == COUNT:
            self.all_sent.set()
        self.all_sent.wait()
        return Reply(429, b'{"Reason": "Reserved"}')


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    """Return an open ledger."""
    opened = Ledger(tmp_path / "ledger")
    yield opened
    opened.close()


def test_no_slow_answer_holds_back_the_next_order(books: Ledger) -> None:
    """All orders leave although not one has been answered."""
    seen: list[Judged] = []
    sender = Sender(Held(), books, Clock(), lambda _attempt, judged, _size: seen.append(judged))
    with gevent.Timeout(30):
        assert sender.run(due_orders(), Clock().now())
    assert len(seen) == COUNT
    assert {judged.outcome for judged in seen} == {"throttled"}


def test_a_late_sender_skips_nothing_and_owns_to_its_lag(books: Ledger) -> None:
    """Orders due a minute ago are all sent, and count their latency from then."""
    clock = Clock()
    sender = Sender(Held(), books, clock, lambda *_: None)
    with gevent.Timeout(30):
        assert sender.run(due_orders(), clock.now() - 60)
    attempts = list(ledger.attempts(books.directory))
    assert len(attempts) == COUNT
    assert all(attempt.sent_at - attempt.intended_at > 59 for attempt in attempts)


def test_every_order_is_in_the_ledger_before_it_leaves(books: Ledger) -> None:
    """A sender that dies while sending has written down what it was sending."""
    written: list[int] = []

    def look() -> None:
        written.append(len(list(ledger.entries(books.directory))))

    held = Held(before=look)
    with gevent.Timeout(30):
        Sender(held, books, Clock(), lambda *_: None).run(due_orders(), Clock().now())
    assert all(lines > sent for sent, lines in enumerate(written))


class FullDisk(Ledger):
    """A ledger whose disk is full after five orders."""

    left = 5

    def sending(self, entry: Entry) -> None:
        """Write, or fail as a full disk does."""
        if self.left == 0:
            raise OSError(28, "No space left on device")
        self.left -= 1
        super().sending(entry)


def test_a_full_disk_stops_the_sending_and_keeps_the_books(tmp_path: Path) -> None:
    """Nothing is sent that could not be written down first."""
    sent: list[Attempt] = []

    class Answering:
        def invoke(self, payload: bytes, *, asynchronous: bool) -> Reply:
            assert (payload, asynchronous) == (b"{}", False)
            return Reply(202)

    books = FullDisk(tmp_path)
    sender = Sender(Answering(), books, Clock(), lambda attempt, *_: sent.append(attempt))
    with gevent.Timeout(30):
        assert not sender.run(due_orders(0.01), Clock().now())
    assert sender.broken is not None
    assert sender.broken.strerror == "No space left on device"
    assert len(sent) == 5
    assert len(list(ledger.entries(tmp_path))) == 5
    books.close()
