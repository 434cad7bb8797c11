"""A way to AWS on which certain requests wait for each other: a race that everybody takes part in.

Processes started together reach their decisive request seconds apart on a small machine, and the
last would find the race over. Held here until all have come, they arrive at the same moment.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from service.names import ALIAS

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 30.0
_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


def moves_the_alias(method: str, path: str) -> bool:
    """Whether a request is Lambda's UpdateAlias of the alias that callers use."""
    return method == "PUT" and path.endswith(f"/aliases/{ALIAS}")


class RequestBarrier:
    """Passes every request on to `endpoint`; those that `decisive` (method, path) wait for `number`
    of their kind, the last of them for nobody. `met` says how many came together.
    """

    def __init__(self, endpoint: str, number: int, decisive: Callable[[str, str], bool]) -> None:
        self.met = 0
        self._all_here = threading.Barrier(number, action=self._note, timeout=PATIENCE_SECONDS)
        self._decisive = decisive
        self._target = urlsplit(endpoint).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def endpoint(self) -> str:
        """Where to send requests instead."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Let it wait where it has to, then answer it as AWS does."""
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if self._decisive(request.command, urlsplit(request.path).path):
            with suppress(threading.BrokenBarrierError):  # not all came: no race, but an answer
                self._all_here.wait()
        connection = http.client.HTTPConnection(self._target, timeout=60)
        # The headers as they came, Host among them, for they are signed.
        connection.request(request.command, request.path, body, dict(request.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self._reply(request, answer, content)

    def _reply(
        self,
        request: BaseHTTPRequestHandler,
        answer: http.client.HTTPResponse,
        content: bytes,
    ) -> None:
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _ONE_HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _note(self) -> None:
        self.met += self._all_here.parties

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        barrier = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                barrier.pass_on(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing: the drill tells what came of it."""

        return Handler
