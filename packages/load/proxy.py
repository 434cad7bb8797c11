"""The way through an HTTP proxy: one CONNECT, and the connection leads to where it was asked."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from botocore.utils import get_environ_proxies
from console.errors import UsageError

_LONGEST_HEAD: Final = 65_536


class Proxy:
    """A proxy by its URL, which may hold a user and a password."""

    def __init__(self, url: str) -> None:
        """Raise UsageError when it is no http proxy."""
        parts = urlsplit(url if "//" in url else f"//{url}", "http")
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError(
                f"The load test goes through http proxies alone, not through {parts.scheme}://"
                f"{parts.hostname or ''}; change HTTPS_PROXY, or name AWS's host in NO_PROXY."
            )
        self.address: tuple[str, int] = (parts.hostname, parts.port or 80)
        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self._user = b64encode(user.encode()).decode() if parts.username else None

    def lead(self, connected: Any, host: str, port: int) -> None:
        """Have the proxy that `connected` leads to connect it on. Raises OSError."""
        lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
        if self._user:
            lines.append(f"Proxy-Authorization: Basic {self._user}")
        connected.sendall("\r\n".join([*lines, "", ""]).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = connected.recv(1)  # no more than the head: what follows is TLS's
            head += piece
            if not piece or len(head) > _LONGEST_HEAD:
                break
        status = head.split(b"\r\n")[0].decode("latin-1")
        if status.split(" ")[1:2] != ["200"]:
            raise ConnectionError(f"the proxy {self.address[0]} answered {status or 'nothing'}")


def between(url: str) -> Proxy | None:
    """Return the proxy that the environment has botocore use for `url`. Raises UsageError."""
    scheme = urlsplit(url).scheme
    found = get_environ_proxies(url).get(scheme)
    if not found:
        return None
    if scheme != "https":
        raise UsageError(
            f"HTTP_PROXY stands before {url}, and the load test goes through a proxy by https "
            f"alone; name {urlsplit(url).hostname} in NO_PROXY."
        )
    return Proxy(found)
