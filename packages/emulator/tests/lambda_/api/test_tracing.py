"""Trace headers, seeded ids, and the address that takes segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.ids import Ids
from emulator.lambda_.api.tracing import Tracer

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


@pytest.mark.behaviour("E46")
def test_active_tracing_samples_the_first_request_of_each_second() -> None:
    """E46 (services-xray): the first of a second, then 5 %; PassThrough samples none of its own."""
    clock = [100.0]
    tracer = Tracer(Ids(1), lambda: clock[0])
    sampled = [tracer.header("Active", None).endswith("Sampled=1") for _ in range(2000)]
    assert sampled[0]
    assert 50 < sum(sampled[1:]) < 160
    clock[0] = 101.0
    assert tracer.header("Active", None).endswith("Sampled=1")
    clock[0] = 102.0
    assert tracer.header("PassThrough", None).endswith("Sampled=0")
    for decision in "01":
        given = f"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled={decision}"
        decided = {tracer.header("Active", given)[-1] for _ in range(200)}
        assert decided == {decision}


@pytest.mark.behaviour("E47")
def test_an_upstream_trace_decision_is_kept() -> None:
    """E45-E47 (xray-concepts): root, parent and decision of the caller."""
    given_header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert Tracer(Ids(1)).header("PassThrough", given_header) == given_header


def test_segments_are_taken_and_the_sdk_is_not_kept_waiting(emulator: RunningEmulator) -> None:
    """N12-N14 (xray-api-sendingdata): UDP is taken; TCP on the same port answers at once."""
    name = emulator.deploy(
        """
        import os, socket, urllib.request, urllib.error
        def handler(event, context):
            host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.sendto(b'{"format":"json","version":1}\\n{}', (host, int(port)))
            try:
                urllib.request.urlopen(f"http://{host}:{port}/GetSamplingRules", b"", timeout=5)
            except urllib.error.HTTPError as error:
                return error.code
        """,
        Timeout=10,
    )
    assert emulator.invoke(name).payload == 404


def test_ids_replay_from_their_seed() -> None:
    """Alias draws and ids come from one seed, so that a run replays."""
    one, two, other = Ids(1), Ids(1), Ids(2)
    first = [one.uuid() for _ in range(3)]
    assert first == [two.uuid() for _ in range(3)]
    assert first[0] != other.uuid()
    assert first[0][14] == "4"
