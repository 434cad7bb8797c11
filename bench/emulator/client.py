"""A lean keep-alive HTTP client: what it measures is the peer, not itself."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Self

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_CHUNK = 65_536
_SECONDS = 60.0


ANY_KEYS = Credentials("test", "test")
"""What the peers take that check no signature."""


def keys_of(environment: Mapping[str, str]) -> Credentials:
    """The keys in an emulator's variables."""
    return Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def signed(keys: Credentials, path: str, body: bytes = b"{}", headers: str = "") -> bytes:
    """A POST to Lambda at 127.0.0.1, whole; it is good for a quarter of an hour."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    )
    return sign(keys, head.encode() + body, "lambda")


def sign(keys: Credentials, request: bytes, service: str) -> bytes:
    """`request`, whole and with a Host, signed for `service`."""
    start, _, rest = request.partition(b"\r\n")
    head, _, body = rest.partition(b"\r\n\r\n")
    method, target, _ = start.decode().split(" ")
    found = re.search(rb"(?i)^host: *([^\r\n]*)", head, re.MULTILINE)
    host = found[1].decode() if found else ""
    asked = AWSRequest(method, f"http://{host}{target}", data=body)
    SigV4Auth(keys, service, "us-east-1").add_auth(asked)
    lines = "".join(f"{name}: {value}\r\n" for name, value in asked.headers.items())
    return b"\r\n".join((start, lines.encode() + head, b"", body))


class Connection:
    """One kept-alive connection; one request at a time."""

    def __init__(self, host: str, port: int, seconds: float = _SECONDS) -> None:
        self._socket = socket.create_connection((host, port), timeout=seconds)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def call(self, request: bytes) -> tuple[int, bytes]:
        """Send `request` and read the answer: status and body."""
        status, _, body = self.exchange(request)
        return status, body

    def exchange(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send `request` and read the answer: status, head in lower case, and body."""
        self._socket.sendall(request)
        head = self._until(b"\r\n\r\n").lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return status, head, self._chunks()
        start = head.find(b"\r\ncontent-length:")
        length = int(head[start + 17 :].split(None, 1)[0]) if start >= 0 else 0
        return status, head, self._exactly(length)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _chunks(self) -> bytes:
        body = b""
        while length := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(length + 2)[:-2]
        self._until(b"\r\n")
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._receive()
        found, _, self._rest = self._rest.partition(mark)
        return found + mark

    def _exactly(self, length: int) -> bytes:
        while len(self._rest) < length:
            self._receive()
        found, self._rest = self._rest[:length], self._rest[length:]
        return found

    def _receive(self) -> None:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionError("the peer closed the connection")
        self._rest += data
