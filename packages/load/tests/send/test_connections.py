"""The client's connections against servers that behave as servers may, TLS among them."""

import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import SHUT_RDWR, create_connection, create_server, socket
from typing import Any

import pytest
from console.checkout import ROOT
from console.errors import UsageError

from load.send.connection import Endpoint

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SCRIPT = """
import json, os, sys
from gevent import monkey
monkey.patch_all()
import gevent
from botocore.credentials import Credentials
from load.send.client import InvokeClient
from load.aws import Destination

endpoint, bundle, count, pause, patience = json.loads(sys.argv[1])
target = Destination(endpoint, "us-east-1", "f", "p", patience - 5, 1, bundle)
client = InvokeClient(target, Credentials("key", "secret").get_frozen_credentials)
for _ in range(count):
    reply = client.invoke(b"x" * 300_000, asynchronous=False)
    print(json.dumps([reply.status, reply.overdue, reply.error]))
    gevent.sleep(pause)
client.close()
"""

_NO_PROXY = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}

Handler = Callable[[socket], None]


def request(connection: socket) -> bool:
    """Read one request whole; return whether there was one."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return False
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    size = next(
        int(field.split(b":")[1])
        for field in head.lower().split(b"\r\n")
        if field.startswith(b"content-length:")
    )
    while len(body) < size:
        body += connection.recv(65_536)
    return True


@contextmanager
def serving(handle: Handler, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[int]]]:
    """Serve on loopback; yield the endpoint and, per connection, the requests it took."""
    taken: list[int] = []
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            taken.append(0)
            try:
                with tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
                    while request(connection):
                        taken[-1] += 1
                        handle(connection)
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}", taken
    finally:
        listener.close()


def invoke(
    endpoint: str,
    count: int = 2,
    *,
    bundle: str | None = None,
    pause: float = 0.05,
    patience: float = 10.0,
    proxy: str | None = None,
) -> list[Any]:
    """Return status, whether overdue, and error of `count` invocations one after the other."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([endpoint, bundle, count, pause, patience])],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        env={**_NO_PROXY, **({"HTTPS_PROXY": proxy} if proxy else {})},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_connection_closed_while_idle_is_not_used_again() -> None:
    """The next event goes out on a new one and is sent once: nothing is lost to an old socket."""

    def answer_and_close(connection: socket) -> None:
        connection.sendall(OK)
        connection.close()

    with serving(answer_and_close) as (endpoint, taken):
        assert invoke(endpoint, 3) == [[200, False, None]] * 3
    assert taken == [1, 1, 1]


def test_a_connection_announced_to_close_is_closed() -> None:
    """`Connection: close` ends it, also when the server leaves it open."""
    with serving(lambda c: c.sendall(OK.replace(b"OK", b"OK\r\nConnection: close"))) as (
        endpoint,
        taken,
    ):
        assert invoke(endpoint, 2) == [[200, False, None]] * 2
    assert taken == [1, 1]


def test_an_answer_that_breaks_off_is_one_attempt() -> None:
    """It may have been executed, so it is not sent again."""

    def half(connection: socket) -> None:
        connection.sendall(OK[:-1])
        connection.close()

    with serving(half) as (endpoint, taken):
        (reply,) = invoke(endpoint, 1)
    assert reply[0] == 0
    assert "middle of an answer" in reply[2]
    assert taken == [1]


def test_a_trickle_is_given_up_at_the_deadline() -> None:
    """The time counts for the whole answer: bytes that come now and then do not extend it."""
    stop = threading.Event()

    def trickle(connection: socket) -> None:
        for byte in OK:
            connection.sendall(bytes([byte]))
            if stop.wait(0.1):
                return

    with serving(trickle) as (endpoint, taken):
        (reply,) = invoke(endpoint, 1, patience=0.5)
        stop.set()
    assert reply == [0, True, "no answer within 0.5 s"]
    assert taken == [1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a certificate for localhost and its key."""
    directory = tmp_path_factory.mktemp("tls")
    file = directory / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=directory, check=True, capture_output=True,
    )  # fmt: skip
    parts = [directory / "certificate.pem", directory / "key.pem"]
    file.write_text("".join(part.read_text() for part in parts))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """Return a server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_https_is_kept_alive_and_verified(tls: ssl.SSLContext, certificate: Path) -> None:
    """With the bundle that knows the certificate, events follow each other on one connection."""
    with serving(lambda c: c.sendall(OK), tls) as (endpoint, taken):
        assert invoke(endpoint, 3, bundle=str(certificate)) == [[200, False, None]] * 3
    assert taken == [3]


@contextmanager
def proxying(status: str = "200 Connection established") -> Iterator[tuple[str, list[str]]]:
    """A proxy on loopback that connects whoever asks; yield its URL and the heads it was sent."""
    heads: list[str] = []
    listener = create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            heads.append(near.recv(65_536).decode())
            near.sendall(f"HTTP/1.1 {status}\r\nVia: test\r\n\r\n".encode())
            if not status.startswith("200"):
                near.close()
                continue
            host, _, port = heads[-1].split()[1].rpartition(":")
            far = create_connection((host, int(port)))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pass_on, args=(one, other), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield f"http://user:p%40ss@127.0.0.1:{listener.getsockname()[1]}", heads


def pass_on(source: socket, target: socket) -> None:
    """Send on what comes, until one end is closed."""
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
        target.shutdown(SHUT_RDWR)


def test_orders_go_through_the_proxy_that_the_checks_go_through(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    """HTTPS_PROXY, with its user: one CONNECT per connection, TLS to AWS itself."""
    with serving(lambda c: c.sendall(OK), tls) as (endpoint, taken), proxying() as (proxy, heads):
        replies = invoke(endpoint, 3, bundle=str(certificate), proxy=proxy)
    assert replies == [[200, False, None]] * 3
    assert taken == [3]
    (head,) = heads
    assert head.startswith(f"CONNECT {endpoint.removeprefix('https://')} HTTP/1.1\r\n")
    assert "\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n" in head


def test_a_proxy_that_refuses_is_named(tls: ssl.SSLContext, certificate: Path) -> None:
    """What it answers is the event's error."""
    refusal = "407 Proxy Authentication Required"
    answering = serving(lambda c: c.sendall(OK), tls)
    with answering as (endpoint, taken), proxying(refusal) as (proxy, _):
        (reply,) = invoke(endpoint, 1, bundle=str(certificate), proxy=proxy)
    assert f"the proxy 127.0.0.1 answered HTTP/1.1 {refusal}" in reply[2]
    assert taken == []


@pytest.mark.parametrize(
    ("name", "proxy", "endpoint", "part"),
    [
        ("HTTPS_PROXY", "https://proxy.example", "https://aws.example", "http proxies alone"),
        ("HTTPS_PROXY", "socks5://proxy.example", "https://aws.example", "http proxies alone"),
        ("HTTP_PROXY", "http://proxy.example", "http://aws.example", "aws.example in NO_PROXY"),
    ],
)
def test_a_proxy_of_no_use_is_refused_before_the_first_order(
    name: str, proxy: str, endpoint: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence that says what to do; NO_PROXY leads past it."""
    for given in set(os.environ) - set(_NO_PROXY):
        monkeypatch.delenv(given)
    monkeypatch.setenv(name, proxy)
    with pytest.raises(UsageError, match=part):
        Endpoint(endpoint)
    monkeypatch.setenv("NO_PROXY", "aws.example")
    Endpoint(endpoint)


def test_an_unknown_certificate_is_refused(tls: ssl.SSLContext) -> None:
    """Nothing is sent to who cannot prove who he is."""
    with serving(lambda c: c.sendall(OK), tls) as (endpoint, taken):
        (reply,) = invoke(endpoint, 1)
    assert reply[0] == 0
    assert "CERTIFICATE_VERIFY_FAILED" in reply[2]
    assert taken == [0]


def test_another_hosts_certificate_is_refused(tls: ssl.SSLContext, certificate: Path) -> None:
    """A certificate counts for the names it has."""
    with serving(lambda c: c.sendall(OK), tls) as (endpoint, taken):
        (reply,) = invoke(endpoint.replace("localhost", "127.0.0.1"), 1, bundle=str(certificate))
    assert "CERTIFICATE_VERIFY_FAILED" in reply[2]
    assert taken == [0]


def test_a_silent_https_server_is_given_up_at_the_deadline(
    tls: ssl.SSLContext, certificate: Path
) -> None:
    """The watch ends a wait under TLS too."""
    stop = threading.Event()

    def say_nothing(_: socket) -> None:
        stop.wait(5)

    with serving(say_nothing, tls) as (endpoint, taken):
        (reply,) = invoke(endpoint, 1, bundle=str(certificate), patience=0.4)
        stop.set()
    assert reply == [0, True, "no answer within 0.4 s"]
    assert taken == [1]


@pytest.mark.parametrize("url", ["ftp://host", "nowhere", "http://", "https://"])
def test_an_endpoint_that_is_none_is_refused(url: str) -> None:
    """Before any load, in one sentence."""
    with pytest.raises(UsageError, match="no http or https endpoint"):
        Endpoint(url)


def test_a_bundle_that_is_none_is_refused(tmp_path: Path) -> None:
    """So is a file of certificates that cannot be read, or has none."""
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for bundle in (tmp_path / "absent.pem", empty):
        with pytest.raises(UsageError, match="check AWS_CA_BUNDLE"):
            Endpoint("https://localhost", str(bundle))
