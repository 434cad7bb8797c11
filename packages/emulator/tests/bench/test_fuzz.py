"""Malformed requests over a real socket, shortened: `nox -s fuzz_emulator` sends 10,000."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from emulator.tests.running import RunningEmulator

from bench.emulator import fuzz, peers
from bench.emulator.client import Connection, keys_of, signed

if TYPE_CHECKING:
    from pathlib import Path


def test_every_malformed_request_gets_an_error_of_aws(env_file: Path) -> None:
    """Shaped by the service models, or no HTTP at all: no 500, no hang, nothing on stderr."""
    running = RunningEmulator.start(env_file)
    try:
        found = fuzz.run(running, 250, 5)
    finally:
        output = running.stop()
    assert found["failures"] == []
    assert "Traceback" not in output
    assert len(found["statuses"]) > 3


@pytest.mark.parametrize(
    ("status", "head", "body", "good"),
    [
        (200, b"", b"{}", True),
        (400, b"x-amzn-errortype: a", b"", True),
        (501, b"x-amzn-errortype: notimplementedexception", b"", True),
        (400, b"", b"<Error><Type>Sender</Type>", True),
        (400, b"", b"bad request", False),
        (500, b"x-amzn-errortype: serviceexception", b"", False),
    ],
)
def test_what_counts_as_an_answer_of_aws(status: int, head: bytes, body: bytes, good: bool) -> None:
    """A success or a named error, never a 500."""
    assert fuzz.Answer(status, head, body).good is good


def test_what_is_no_http_gets_a_named_400_and_the_end(emulator: RunningEmulator) -> None:
    """The connection is closed, and the emulator serves on."""
    port = peers.own_peer(emulator, "any").port
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        received = b""
        while part := raw.recv(4096):
            received += part
    assert received[8:13] == b" 400 "
    assert b"x-amzn-ErrorType: BadRequestException" in received
    assert emulator.client("lambda").get_account_settings()


def test_a_client_that_leaves_in_the_middle_harms_nobody(emulator: RunningEmulator) -> None:
    """Half a head, half a body, or gone while the function runs."""
    port = peers.own_peer(emulator, "any").port
    name = emulator.deploy("import time\ndef handler(event, context): time.sleep(0.2)")
    path = f"/2015-03-31/functions/{name}/invocations"
    whole = signed(keys_of(emulator.environment), path)
    for sent in (whole[:20], whole[:-1], whole):
        with socket.create_connection(("127.0.0.1", port), 10) as raw:
            raw.sendall(sent)
    with Connection("127.0.0.1", port) as connection:
        assert connection.call(whole) == (200, b"null")
