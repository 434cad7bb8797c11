"""The Invoke operation over kept connections: signed here, tried exactly once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPParseError

from loadtest.classify import Reply
from loadtest.sigv4 import Credentials, Signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadtest.target import Target

MARGIN: Final = 5.0
"""Seconds a reply may take beyond the function's timeout: never give up on work still running."""
CONNECTIONS: Final = 4_096


class InvokeClient:
    """Sends events to one target; greenlets share it. A failed request is not sent again."""

    def __init__(self, target: Target, read: Callable[[], Credentials]) -> None:
        url = urlsplit(target.endpoint)
        self._host = url.netloc
        self._target = target
        self._uri = f"{target.path}?{target.query}"
        self._signer = Signer(read, target.region, "lambda")
        self._http = HTTPClient(
            url.hostname or "",
            port=url.port,
            ssl=url.scheme == "https",
            concurrency=CONNECTIONS,
            connection_timeout=5.0,
            network_timeout=target.timeout + MARGIN,
        )

    def invoke(self, payload: bytes, *, asynchronous: bool) -> Reply:
        """Send once and return what came back; status 0 when nothing whole did."""
        kind = "Event" if asynchronous else "RequestResponse"
        headers = {"Host": self._host, "X-Amz-Invocation-Type": kind}
        target = self._target
        signed = self._signer.sign("POST", target.path, target.query, headers, payload, time.time())
        try:
            response = self._http.request("POST", self._uri, payload, signed)
            body = bytes(response.read())
        except (OSError, HTTPParseError, RuntimeError) as error:
            return Reply(0, error=f"{type(error).__name__}: {error}")
        return Reply(
            response.status_code,
            body,
            _one(response.get("x-amz-function-error")),
            _one(response.get("x-amz-executed-version")),
            _one(response.get("x-amzn-requestid")),
        )

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()


def _one(value: str | list[str] | None) -> str | None:
    return value[0] if isinstance(value, list) else value
