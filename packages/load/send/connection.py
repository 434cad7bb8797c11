"""One TCP or TLS connection under gevent: a request out, an answer in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.httpsession import where
from console.errors import UsageError
from gevent import get_hub, getcurrent, socket, ssl  # type: ignore[import-untyped]

from load import proxy
from load.send.http11 import Answer, HttpError, Parser

CONNECT_SECONDS: Final = 5.0
_PIECE: Final = 65_536
_READ: Final = 1  # libev's EV_READ
_PORTS: Final = {"http": 80, "https": 443}


class Overdue(Exception):  # noqa: N818 - what happened, not what went wrong
    """No whole answer came before the request was given up."""


class Endpoint:
    """Where connections lead, through the environment's proxy as botocore's own.

    For https the certificate is checked, by `ca_bundle` if given.
    """

    def __init__(self, url: str, ca_bundle: str | None = None) -> None:
        """Raise UsageError when it is no http(s) URL, the bundle is none or the proxy no use."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise UsageError(f"{url} is no http or https endpoint; check AWS_ENDPOINT_URL.")
        self.host = parts.netloc
        self._name: str = parts.hostname
        self._port: int = parts.port or _PORTS[parts.scheme]
        self._tls: Any = _verifying(ca_bundle or where()) if parts.scheme == "https" else None
        self._proxy = proxy.between(url)

    def connect(self) -> Connection:
        """Open a connection. Raises OSError."""
        address = self._proxy.address if self._proxy else (self._name, self._port)
        plain = socket.create_connection(address, timeout=CONNECT_SECONDS)
        try:
            if self._proxy:
                self._proxy.lead(plain, self._name, self._port)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wrapped = (
                self._tls.wrap_socket(plain, server_hostname=self._name) if self._tls else plain
            )
        except BaseException:
            plain.close()
            raise
        # Whoever waits watches over all connections at once: a timer per read costs a tenth of
        # the whole request.
        wrapped.settimeout(None)
        return Connection(wrapped, tls=self._tls is not None)


def _verifying(bundle: str) -> Any:
    try:
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:
        raise UsageError(
            f"The certificates in {bundle} cannot be read ({error.strerror}); check AWS_CA_BUNDLE."
        ) from error


class Connection:
    """An open connection; one exchange at a time.

    What gevent's own socket does to be like any other (ask for the buffer's size before it sends,
    try to read what cannot have come yet, start and stop a watcher) costs as much as the rest of a
    request. So the plain socket inside it is used at once, and one watcher stays on: it wakes who
    waits for an answer, and when nobody does, it has seen the other end give the connection up.
    """

    __slots__ = ("_hub", "_raw", "_readable", "_socket", "_tls", "_waiter", "aborted", "is_open")

    def __init__(self, connected: Any, *, tls: bool) -> None:
        self._socket = connected
        self._raw = connected._sock  # noqa: SLF001 - it never waits
        self._tls = tls
        self._hub = get_hub()
        self._waiter: Any = None
        self._readable: Any = self._hub.loop.io(connected.fileno(), _READ)
        self._readable.start(self._seen)
        self.aborted = False
        self.is_open = True
        """Whether an idle connection can take a request. On one that its other end closed it would
        be lost, and could not be sent again, for it might have arrived."""

    def exchange(self, request: bytes) -> Answer:
        """Send a request and wait for the whole answer. Raises OSError, HttpError or Overdue."""
        try:
            return self._exchange_tls(request) if self._tls else self._exchange_plain(request)
        except (OSError, HttpError):
            if self.aborted:
                raise Overdue from None
            raise

    def _exchange_plain(self, request: bytes) -> Answer:
        sent = self._raw.send(request)
        if sent < len(request):
            self._socket.sendall(request[sent:])
        parser = Parser()
        self._waiter = getcurrent()
        try:
            while True:
                self._hub.switch()
                data = self._raw.recv(_PIECE)
                answer = parser.feed(data) if data else parser.end()
                if answer is not None:
                    return answer
        finally:
            self._waiter = None

    def _exchange_tls(self, request: bytes) -> Answer:
        # Here one piece read is not one piece come: gevent's socket knows when to wait.
        self._readable.stop()
        self._socket.sendall(request)
        parser = Parser()
        answer = None
        while answer is None:
            data = self._socket.recv(_PIECE)
            answer = parser.feed(data) if data else parser.end()
        self._readable.start(self._seen)
        return answer

    def _seen(self) -> None:
        if self._waiter is not None:
            self._waiter.switch()
        else:
            self.is_open = False  # its end, or bytes that nobody asked for
            self._readable.stop()

    def abort(self) -> None:
        """End an exchange that another greenlet waits in, from outside."""
        self.aborted = True
        # Of the plain socket also under TLS, whose own shutdown would pull the session away from
        # under the reader.
        with suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        self._readable.close()
        self._socket.close()
