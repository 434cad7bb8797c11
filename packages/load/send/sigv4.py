"""AWS Signature Version 4 for one kind of request sent over and over: only time and body change.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The derived key depends on secret, UTC day, region and service, so it is worked out once a day; what
depends on the time stamp, whose grain is the second, once a second.
"""

from __future__ import annotations

import hmac
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class Credentials(Protocol):
    """What signing needs to know of credentials."""

    @property
    def access_key(self) -> str:
        """The key's public id."""

    @property
    def secret_key(self) -> str:
        """The secret."""

    @property
    def token(self) -> str | None:
        """The session token of temporary credentials."""


class Signer:
    """Signs requests that differ in time and body; greenlets may share it.

    `path` and `query` are as sent, percent-encoded; query parameters sorted; all `headers` are
    signed and must include `Host`. `read` is asked once a second, so that keys may rotate.
    """

    def __init__(
        self,
        read: Callable[[], Credentials],
        scope: tuple[str, str],
        request: tuple[str, str, str],
        headers: Mapping[str, str],
    ) -> None:
        """`scope` is region and service; `request` is method, path and query."""
        self._read = read
        self._region, self._service = scope
        self._method, self._path, self._query = request
        self._headers = dict(headers)
        self._second = -1
        self._key_of = ("", "")

    def head(self, body: bytes, now: float) -> bytes:
        """Return the head of the request with `body`, signed at `now` (epoch seconds).

        Raises what `read` raises.
        """
        if int(now) != self._second:
            self._turn(int(now))
        request = sha256(self._canonical + sha256(body).hexdigest().encode()).hexdigest()
        # HMAC by its definition (RFC 2104) from two hashes that have the key in them already:
        # half the time of hmac.digest, which sets both up anew.
        inner = self._inner.copy()
        inner.update(self._text + request.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b"%b%b\r\nContent-Length: %d\r\n\r\n" % (
            self._head,
            outer.hexdigest().encode(),
            len(body),
        )

    def _turn(self, second: int) -> None:
        """Work out what stays the same for a second."""
        credentials = self._read()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        sent = {**self._headers, "X-Amz-Date": stamp}
        if credentials.token:
            sent["X-Amz-Security-Token"] = credentials.token
        plain = sorted((name.lower(), " ".join(value.split())) for name, value in sent.items())
        names = ";".join(name for name, _ in plain)
        lines = "".join(f"{name}:{value}\n" for name, value in plain)
        path = quote(self._path, safe="/~")
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        self._derive(credentials.secret_key, stamp[:8])
        self._canonical = f"{self._method}\n{path}\n{self._query}\n{lines}\n{names}\n".encode()
        self._text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n".encode()
        uri = f"{self._path}?{self._query}" if self._query else self._path
        headers = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self._head = (
            f"{self._method} {uri} HTTP/1.1\r\n{headers}Authorization: AWS4-HMAC-SHA256 "
            f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature="
        ).encode()
        self._second = second

    def _derive(self, secret: str, day: str) -> None:
        """Derive the day's key, unless it is the one already there."""
        if self._key_of == (secret, day):
            return
        key = ("AWS4" + secret).encode()
        for part in (day, self._region, self._service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        block = key.ljust(_BLOCK, b"\0")
        self._inner, self._outer = sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))
        self._key_of = (secret, day)
