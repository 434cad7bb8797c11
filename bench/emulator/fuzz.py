"""Malformed requests over a real socket: each must be answered as AWS answers, and soon.

Requests are shaped by botocore's own models of Lambda and CloudWatch, in every wire protocol, with
values of any type in any place; some are no HTTP at all. An answer is good if it is a success or an
error that carries AWS's code, and none is a 500.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, seed, settings

from bench.emulator import peers
from bench.emulator.client import Connection, keys_of, sign
from bench.emulator.malformed import FUNCTION, raw, shaped

if TYPE_CHECKING:
    from bench.emulator.malformed import Unsigned
    from emulator.tests.running import RunningEmulator

_SECONDS = 20.0
"""An answer that takes longer is a hang: no request here makes a function run for long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the head in lower case, and the body."""

    status: int
    head: bytes
    body: bytes

    @property
    def good(self) -> bool:
        """A success, or an error with a code that AWS has (501 names what is not emulated)."""
        marks = (b"x-amzn-errortype: ", b"x-amzn-query-error: ")
        named = any(mark in self.head for mark in marks) or b"<Error><Type>" in self.body
        return self.status < 300 or (self.status != 500 and named)


class Fuzzer:
    """Sends requests to one emulator and judges what comes back."""

    def __init__(self, running: RunningEmulator) -> None:
        self._port = int(running.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
        self._keys = keys_of(running.environment)
        self._connection: Connection | None = None
        self.statuses: dict[int, int] = {}

    def send(self, request: bytes, service: str) -> Answer:
        """A request that is whole, once it is signed: it must be answered."""
        if self._connection is None:
            self._connection = Connection("127.0.0.1", self._port, _SECONDS)
        try:
            status, head, body = self._connection.exchange(sign(self._keys, request, service))
        except (OSError, ValueError):
            self.close()
            raise
        if b"connection: close" in head:
            self.close()
        answer = Answer(status, head, body)
        self.count(answer)
        return answer

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def count(self, answer: Answer) -> None:
        """Count an answer by its status."""
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1

    def send_raw(self, data: bytes) -> bytes:
        """Bytes that may be anything: all that comes back until the emulator closes."""
        with socket.create_connection(("127.0.0.1", self._port), _SECONDS) as raw:
            received = b""
            try:
                raw.sendall(data)
                raw.shutdown(socket.SHUT_WR)
                while part := raw.recv(65_536):
                    received += part
            except ConnectionError:
                pass
        return received


def run(running: RunningEmulator, examples: int, number: int) -> dict[str, Any]:
    """Send `examples` requests, a tenth of them no HTTP; `failures` holds the smallest found."""
    name = running.deploy(peers.SILENT, FunctionName=FUNCTION)
    client = running.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    fuzzer = Fuzzer(running)
    failures = []
    for check, share in ((_check_shaped, 0.9), (_check_raw, 0.1)):
        try:
            check(fuzzer, max(1, round(examples * share)), number)
        except (AssertionError, OSError, ValueError) as failure:
            failures.append("\n".join([repr(failure), *getattr(failure, "__notes__", [])]))
    fuzzer.close()
    client.get_account_settings()
    return {
        "examples": examples,
        "seed": number,
        "statuses": {str(status): count for status, count in sorted(fuzzer.statuses.items())},
        "failures": failures,
    }


def _check_shaped(fuzzer: Fuzzer, examples: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=_ANY)
    @given(shaped())
    def check(unsigned: Unsigned) -> None:
        answer = fuzzer.send(*unsigned)
        assert answer.good, (answer.status, answer.head[:300], answer.body[:300])  # noqa: S101

    check()


def _check_raw(fuzzer: Fuzzer, examples: int, number: int) -> None:
    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=_ANY)
    @given(raw())
    def check(data: bytes) -> None:
        received = fuzzer.send_raw(data)
        assert not received or received.startswith(b"HTTP/1."), received[:300]  # noqa: S101
        answer = Answer(int(received[9:12] or b"400"), received.lower(), received)
        fuzzer.count(answer)
        assert not received or answer.good, received[:300]  # noqa: S101

    check()


_ANY = list(HealthCheck)
