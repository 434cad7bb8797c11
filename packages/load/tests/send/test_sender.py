from collections.abc import Callable, Iterator
from pathlib import Path

import gevent  # type: ignore[import-untyped]
import pytest
from gevent.event import Event  # type: ignore[import-untyped]

from load.run_log import log
from load.run_log.classify import Classified, Reply
from load.run_log.log import Attempt, Entry, RunLog
from load.send.events import PlannedEvent
from load.send.sender import Clock, Sender
from load.tests.running import PROBES

COUNT = 20


def due_events(gap: float = 0.001) -> list[PlannedEvent]:
    """Return events due one after the other."""
    return [PlannedEvent(f"a-{n}", "new", "sync", n * gap, b"{}", f"d{n}") for n in range(COUNT)]


class Held:
    """Answers nobody until all events have been sent: a closed model would wait for ever."""

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
def run_log(tmp_path: Path) -> Iterator[RunLog]:
    """Return an open run log."""
    opened = RunLog(tmp_path / "run log")
    yield opened
    opened.close()


def test_no_slow_answer_holds_back_the_next_event(run_log: RunLog) -> None:
    """All events leave although not one has been answered."""
    seen: list[Classified] = []
    sender = Sender(
        Held(),
        PROBES,
        run_log,
        Clock(),
        lambda _attempt, classified, _size: seen.append(classified),
    )
    with gevent.Timeout(30):
        assert sender.run(due_events(), Clock().now())
    assert len(seen) == COUNT
    assert {each.outcome for each in seen} == {"throttled"}


def test_a_late_sender_skips_nothing_and_owns_to_its_lag(run_log: RunLog) -> None:
    """Events due a minute ago are all sent, and count their latency from then."""
    clock = Clock()
    sender = Sender(Held(), PROBES, run_log, clock, lambda *_: None)
    with gevent.Timeout(30):
        assert sender.run(due_events(), clock.now() - 60)
    attempts = list(log.attempts(run_log.directory))
    assert len(attempts) == COUNT
    assert all(attempt.sent_at - attempt.intended_at > 59 for attempt in attempts)


def test_every_event_is_in_the_run_log_before_it_leaves(run_log: RunLog) -> None:
    """A sender that dies while sending has written down what it was sending."""
    written: list[int] = []

    def look() -> None:
        written.append(len(list(log.entries(run_log.directory))))

    held = Held(before=look)
    with gevent.Timeout(30):
        Sender(held, PROBES, run_log, Clock(), lambda *_: None).run(due_events(), Clock().now())
    assert all(lines > sent for sent, lines in enumerate(written))


class FullDisk(RunLog):
    """A run log whose disk is full after five events."""

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

    run_log = FullDisk(tmp_path)
    sender = Sender(Answering(), PROBES, run_log, Clock(), lambda attempt, *_: sent.append(attempt))
    with gevent.Timeout(30):
        assert not sender.run(due_events(0.01), Clock().now())
    assert sender.broken is not None
    assert sender.broken.strerror == "No space left on device"
    assert len(sent) == 5
    assert len(list(log.entries(tmp_path))) == 5
    run_log.close()
