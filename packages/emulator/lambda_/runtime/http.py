"""HTTP/1.1 as a runtime speaks it: small, keep-alive, and parsed without a task per request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from emulator.access import strangers
from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD_LIMIT = 2 * 1024 * 1024
"""Bytes: the X-Ray cause header of an error alone may have 1 MB."""
_BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the runtime; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection of the runtime."""

    def __init__(
        self,
        on_call: Callable[[Connection, Call], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self._on_call = on_call
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._head: tuple[str, str, dict[str, str], int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio's callback)."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Tell the owner (asyncio's callback)."""
        self._transport = None
        self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes in and hand on every request that is complete (asyncio's callback)."""
        self._buffer += data
        while self._transport is not None and self._step():
            pass

    def reply(self, status: int, body: bytes, headers: str = "") -> None:
        """Answer the request at hand.

        `Content-Type` is always there: awslambdaric 4.2.2 dies by SIGSEGV at a `/next` reply
        without one.
        """
        if self._transport is not None:
            self._transport.write(
                f"{_STATUS_LINES[status]}Content-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n{headers}\r\n".encode("latin-1")
                + body
            )

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _step(self) -> bool:
        if self._head is None and not self._read_head():
            return False
        if self._head is None:
            return False
        method, path, headers, length = self._head
        if len(self._buffer) < length:
            return False
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._head = None
        self._on_call(self, Call(method, path, headers, body))
        return bool(self._buffer)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _HEAD_LIMIT:
                self.abort()
            return False
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        request = lines[0].split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = headers.get("content-length", "0")
        try:
            strangers.refuse(headers)
        except AwsError:
            self.reply(403, b"{}")
            self.abort()
            return False
        if len(request) != 3 or not length.isdigit() or int(length) > _BODY_LIMIT:
            self.reply(400, b"{}")
            self.abort()
            return False
        self._head = (request[0], request[1], headers, int(length))
        if headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True


_STATUS_LINES = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    for status in (200, 202, 400, 403, 404, 413)
}
