"""The callers: what they send again when told to."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from load.run_log import log
from service import declaration

from loadtest.scenarios import LOAD_TESTS
from rehearsal.callers.callers import Callers, Manners
from rehearsal.callers.run_log import RunLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVICE = declaration.chosen()
OUTPUTS = {
    "stack": "local",
    "service": SERVICE.name,
    "lambdaFunctionName": "f",
    "lambdaAliasName": "production",
    "reservedConcurrency": 5,
}


class Lambda(ThreadingHTTPServer):
    """Accepts asynchronous events, confirms the others but for the first, which is throttled; keeps
    what it did not refuse."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Invocation)
        self.events: list[bytes] = []
        self.direct: list[bytes] = []
        self.refused = threading.Event()


class _Invocation(BaseHTTPRequestHandler):
    server: Lambda

    def do_POST(self) -> None:
        """Answer as Lambda does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = self.headers["X-Amz-Invocation-Type"] == "Event"
        if not event and not self.server.refused.is_set():
            self.server.refused.set()
            self._answer(429, b"{}")
            return
        (self.server.events if event else self.server.direct).append(body)
        if event:
            self._answer(202, b"")
        else:
            self._answer(200, json.dumps({"status": "confirmed"}).encode())

    def _answer(self, status: int, said: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def aws() -> Iterator[Lambda]:
    """Return a server that plays Lambda."""
    with Lambda() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_accepted_events_are_sent_again_as_they_were(aws: Lambda, tmp_path: Path) -> None:
    """Each with the same content, until it is confirmed, also by callers without patience."""
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.server_port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    callers = Callers(
        environment,
        ("f", "production"),
        SERVICE,
        Manners(rate=200.0, asynchronous=1.0),
        1,
        RunLog(tmp_path / "run_log", OUTPUTS),
    )
    callers.start()
    _wait(lambda: len(callers.since(0.0, "accepted")) >= 3)
    first = callers.since(0.0, "accepted")[:3]
    callers.resend(answer.event_id for answer in first)
    _wait(lambda: len(callers.since(0.0, "confirmed", invocation="sync")) >= 3)
    callers.stop()
    again = callers.since(0.0, "confirmed", invocation="sync")
    assert {answer.event_id for answer in again} == {answer.event_id for answer in first}
    assert set(aws.direct) <= set(aws.events)
    assert len(aws.direct) == 3
    # What the load test reads of it: the run, each event with its digest, each answer.
    run_log = tmp_path / "run_log"
    found, entries = log.run(run_log), list(log.entries(run_log))
    assert (found.scenario in LOAD_TESTS.names, found.sent_all, found.concurrency) == (
        True,
        True,
        5,
    )
    assert {hashlib.sha256(event).hexdigest() for event in aws.events} == {
        entry.digest for entry in entries
    }
    assert [entry.kind for entry in entries].count("repeat") == 3
    assert list(log.attempts(run_log)) == callers.answers


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
