"""Trace documents are those of the X-Ray SDK, which is the oracle; unsampled orders send none."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any, cast

import pytest
from order_processor import settings
from order_processor.settings import Trace
from order_processor.xray import Provider

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADER = f"Root={ROOT};Parent={PARENT};Sampled=1"


class Daemon:
    """The UDP side of an X-Ray daemon."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def received(self) -> list[dict[str, Any]]:
        """Every document so far; what was sent on loopback is there already."""
        found: list[dict[str, Any]] = []
        self.socket.setblocking(False)
        while True:
            try:
                head, _, document = self.socket.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return found
            assert json.loads(head) == {"format": "json", "version": 1}
            found.append(json.loads(document))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon whose address and a sampled trace stand in the environment."""
    listening = Daemon()
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", listening.address)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    yield listening
    listening.socket.close()


def _sdk_document(daemon: Daemon) -> dict[str, Any]:
    """What the SDK sends for one annotated subsegment in Lambda."""
    from aws_xray_sdk.core import AWSXRayRecorder
    from aws_xray_sdk.core.lambda_launcher import LambdaContext

    recorder = AWSXRayRecorder()
    recorder.configure(
        context=LambdaContext(), daemon_address=daemon.address, streaming_threshold=0
    )
    with recorder.in_subsegment("## handler"):
        recorder.put_annotation("ColdStart", True)
    cast("Any", recorder.emitter)._socket.close()
    (document,) = daemon.received()
    return document


def test_the_document_is_the_sdks(daemon: Daemon) -> None:
    """Same members, same values but for ids and times, and these have the same form."""
    theirs = _sdk_document(daemon)
    provider = Provider()
    with provider.in_subsegment("## handler"):
        provider.put_annotation("ColdStart", True)
    (ours,) = daemon.received()
    assert ours.keys() == theirs.keys()
    assert _without_own(ours) == _without_own(theirs)
    for document in (ours, theirs):
        assert re.fullmatch("[0-9a-f]{16}", document["id"])
        assert document["start_time"] <= document["end_time"]


def _without_own(document: dict[str, Any]) -> dict[str, Any]:
    own = {"id", "start_time", "end_time"}
    return {name: value for name, value in document.items() if name not in own}


def test_a_failure_is_a_fault_without_its_message(daemon: Daemon) -> None:
    """The type is told; the message may quote an order and is not."""
    with pytest.raises(ValueError, match="secret"), Provider().in_subsegment("## handler"):
        raise ValueError("secret")
    (document,) = daemon.received()
    assert document["fault"] is True
    assert document["cause"]["exceptions"][0]["type"] == "ValueError"
    assert "secret" not in json.dumps(document)


@pytest.mark.parametrize("header", [HEADER.replace("Sampled=1", "Sampled=0"), "", "Root=1-2-3"])
def test_what_is_not_sampled_sends_nothing(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """Neither does an invocation without a trace."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    with Provider().in_subsegment("## handler"):
        pass
    assert daemon.received() == []


def test_each_invocation_has_its_own_annotations(daemon: Daemon) -> None:
    """Nothing of one order's trace stays for the next; outside a subsegment nothing is kept."""
    provider = Provider()
    provider.put_annotation("OrderId", "0")
    for number in ("1", "2"):
        with provider.in_subsegment("## handler"):
            provider.put_annotation(f"Order{number}", number)
    assert [document["annotations"] for document in daemon.received()] == [
        {"Order1": "1"},
        {"Order2": "2"},
    ]


def test_a_daemon_that_cannot_be_reached_fails_no_order(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace that gets lost must not lose an order."""
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "no-such-host.invalid:2000")
    with Provider().in_subsegment("## handler"):
        pass
    assert daemon.received() == []


def test_reads_the_header_and_the_address() -> None:
    """Both forms of the address; spaces and further members of the header."""
    header = f"Root={ROOT}; Parent={PARENT};Sampled=1;Lineage=25:3"
    assert settings.sampled_trace({"_X_AMZN_TRACE_ID": header}) == Trace(ROOT, PARENT)
    assert settings.sampled_trace({}) is None
    assert settings.xray_daemon({}) == ("127.0.0.1", 2000)
    both = {"AWS_XRAY_DAEMON_ADDRESS": "tcp:10.0.0.1:1 udp:10.0.0.2:2"}
    assert settings.xray_daemon(both) == ("10.0.0.2", 2)
