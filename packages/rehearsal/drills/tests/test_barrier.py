"""The barrier point: who waits there, and for whom."""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from rehearsal.drills.barrier import RequestBarrier

if TYPE_CHECKING:
    from collections.abc import Iterator


class Aws(ThreadingHTTPServer):
    """Answers with what it was asked, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Aws

    def do_PUT(self) -> None:
        """Repeat method, path, Host and body under a status of its own."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append(self.path)
        said = f"{self.command} {self.path} {self.headers['Host']} {body}".encode()
        self.send_response_only(412)
        self.send_header("X-Kept", "yes")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Return a server that plays AWS."""
    with Aws() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(endpoint: str, method: str, path: str, body: str = "") -> tuple[int, str | None, str]:
    """Return status, a header and body of the answer; Host is somebody else's."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=30)
    connection.request(method, path, body, {"Host": "signed.example"})
    answer = connection.getresponse()
    found = answer.status, answer.getheader("X-Kept"), answer.read().decode()
    connection.close()
    return found


def decisive(method: str, path: str) -> bool:
    """What has to wait."""
    return (method, path) == ("PUT", "/race")


def test_everything_is_passed_on_as_it_is(aws: Aws) -> None:
    """Method, query, signed Host and body there; status, headers and body back."""
    with RequestBarrier(aws.endpoint, 2, decisive) as barrier:
        answer = ask(barrier.endpoint, "GET", "/race?a=b", "{}")
    assert answer == (412, "yes", "GET /race?a=b signed.example {}")
    assert barrier.met == 0


def test_nobody_goes_on_before_all_have_come(aws: Aws) -> None:
    """Two of three wait however long; the third lets all of them through."""
    with RequestBarrier(aws.endpoint, 3, decisive) as barrier, ThreadPoolExecutor(3) as pool:
        racers = [pool.submit(ask, barrier.endpoint, "PUT", "/race") for _ in range(2)]
        assert ask(barrier.endpoint, "PUT", "/elsewhere")[0] == 412
        assert aws.asked == ["/elsewhere"]
        racers.append(pool.submit(ask, barrier.endpoint, "PUT", "/race"))
        assert [racer.result()[0] for racer in racers] == [412] * 3
    assert aws.asked == ["/elsewhere", "/race", "/race", "/race"]
    assert barrier.met == 3
