"""AWS Signature Version 4 with the day's signing key kept.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The derived key depends on secret, UTC day, region and service, so it is worked out once a day.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


class Signer:
    """Signs requests of a service in a region; asks `read` each time, so that keys may rotate."""

    def __init__(self, read: Callable[[], Credentials], region: str, service: str) -> None:
        self._read = read
        self._region = region
        self._service = service
        self._cached: tuple[str, str, bytes] = ("", "", b"")

    def _key(self, secret: str, day: str) -> bytes:
        if self._cached[:2] != (secret, day):
            key = ("AWS4" + secret).encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = _hmac(key, part)
            self._cached = (secret, day, key)
        return self._cached[2]

    def sign(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        now: float,
    ) -> dict[str, str]:
        """Return `headers` and those that sign the request at `now` (epoch seconds).

        `path` and `query` are as sent, percent-encoded; query parameters sorted; all given headers
        are signed and must include `host`.
        """
        credentials = self._read()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        signed = {**headers, "X-Amz-Date": stamp}
        if credentials.token:
            signed["X-Amz-Security-Token"] = credentials.token
        plain = sorted((name.lower(), " ".join(value.split())) for name, value in signed.items())
        names = ";".join(name for name, _ in plain)
        lines = "".join(f"{name}:{value}\n" for name, value in plain)
        digest = hashlib.sha256(body).hexdigest()
        request = f"{method}\n{quote(path, safe='/~')}\n{query}\n{lines}\n{names}\n{digest}"
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = self._key(credentials.secret_key, stamp[:8])
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        signed["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return signed
