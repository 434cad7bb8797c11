"""The Runtime API of one execution environment, as blocking calls.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 600.0
"""Seconds to wait for a runtime: under callgrind, on a machine that others use, it is slow."""
_TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:bench"


class RuntimeSilentError(Exception):
    """The runtime did not do what was waited for."""


@dataclass
class _Connection:
    socket: socket.socket
    buffer: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class _Request:
    path: str
    body: bytes
    connection: socket.socket


class RuntimeApi:
    """Serves one runtime; a context manager."""

    def __init__(self, alive: Callable[[], bool] = lambda: True) -> None:
        self.alive = alive
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waiting: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            cast("socket.socket", key.fileobj).close()
        self._selector.close()

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API holds."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def await_next(self) -> float:
        """Wait until the runtime asks for an event; returns the moment (perf_counter, seconds)."""
        request = self._request()
        arrived = time.perf_counter()
        if not request.path.endswith("/invocation/next"):
            raise RuntimeSilentError(f"Initialising failed: {request.body.decode()}")
        self._waiting = request.connection
        return arrived

    def settle(self) -> socket.socket:
        """Wait until the runtime asks for its next event, if it does not already."""
        if self._waiting is None:
            self.await_next()
        return cast("socket.socket", self._waiting)

    def invoke(self, request_id: str, event: bytes) -> tuple[bytes, float]:
        """Hand over an event; returns the answer and the seconds until it was there."""
        waiting = self.settle()
        deadline = int((time.time() + PATIENCE) * 1000)
        headers = (
            f"Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Trace-Id: {_TRACE}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {_ARN}\r\n"
        )
        started = time.perf_counter()
        _reply(waiting, "200 OK", event, headers)
        self._waiting = None
        request = self._request()
        seconds = time.perf_counter() - started
        _reply(request.connection, "202 Accepted", b"{}", "Content-Type: application/json\r\n")
        if not request.path.endswith("/response"):
            raise RuntimeSilentError(f"The handler raised: {request.body.decode()}")
        return request.body, seconds

    def _request(self) -> _Request:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.alive():
            for key, _ in self._selector.select(timeout=0.5):
                request = self._read(key.fileobj, key.data)
                if request is not None:
                    return request
        raise RuntimeSilentError("The runtime fell silent.")

    def _read(self, source: Any, connection: _Connection | None) -> _Request | None:
        if connection is None:
            accepted, _ = self._listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(accepted, selectors.EVENT_READ, _Connection(accepted))
            return None
        data = connection.socket.recv(1 << 20)
        if not data:
            self._selector.unregister(source)
            connection.socket.close()
            return None
        connection.buffer += data
        return _parsed(connection)


def _parsed(connection: _Connection) -> _Request | None:
    head, separator, body = bytes(connection.buffer).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines[1:])}
    if not separator or len(body) < int(headers.get("content-length", "0")):
        return None
    connection.buffer.clear()  # the runtime's client does not pipeline
    return _Request(lines[0].split(" ")[1], body, connection.socket)


def _reply(connection: socket.socket, status: str, body: bytes, headers: str) -> None:
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode("latin-1") + body)
