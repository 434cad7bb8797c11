"""Whether one more environment or published version makes an invocation dearer."""

from __future__ import annotations

import json
import statistics
import threading
import time
from typing import TYPE_CHECKING

from bench.emulator import figures, peers
from bench.emulator.client import Connection, signed
from emulator.tests.running import RunningEmulator, wait_until, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from bench.emulator.peers import HttpPeer

_GATED = """
    import os, time

    def handler(event, context):
        while "gate" in event and not os.path.exists(event["gate"]):
            time.sleep(0.05)
"""
_ROUNDS = 20
_INVOCATIONS = 50
_START_SECONDS = 120.0


def measure(work: Path, environments: int, versions: int) -> dict[str, object]:
    """Processor and wall time per invocation of a small and a large emulator, taken in turns."""
    small = RunningEmulator.start(work / "small.env", scale=1.0)
    large = RunningEmulator.start(work / "large.env", scale=1.0)
    try:
        for running in (small, large):
            running.deploy(_GATED, FunctionName="many", Timeout=300)
            running.deploy(_GATED, FunctionName="versioned", Timeout=30)
        _publish(small, 1)
        _publish(large, versions)
        before = _own_memory(large)
        _warm(large, environments, work / "gate")
        grown = (_own_memory(large) - before) / environments
        return {
            "emulatorMebibytesPerEnvironment": round(grown, 3),
            f"environments1To{environments}": _compare(small, large, "many"),
            f"versions1To{versions}": _compare(small, large, "versioned:1"),
        }
    finally:
        small.stop()
        large.stop()


def _publish(running: RunningEmulator, count: int) -> None:
    """Publish `count` versions of one function, each with code of its own."""
    client = running.client("lambda")
    for number in range(1, count + 1):
        code = zipped({"app.py": f"number = {number}\ndef handler(event, context): return None"})
        client.update_function_code(FunctionName="versioned", ZipFile=code)
        running.settled("versioned")
        client.publish_version(FunctionName="versioned")


def _warm(running: RunningEmulator, count: int, gate: Path) -> None:
    """Make `count` environments: that many invocations are held up until all have begun."""
    peer = peers.own_peer(running, "many")
    body = json.dumps({"gate": str(gate)}).encode()
    request = signed(peer.keys, "/2015-03-31/functions/many/invocations", body)

    def hold() -> None:
        with peer.connect() as connection:
            connection.call(request)

    threads = [threading.Thread(target=hold) for _ in range(count)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(figures.runtimes(peer.pid)) >= count, _START_SECONDS)
    gate.touch()
    for thread in threads:
        thread.join()


def _compare(small: RunningEmulator, large: RunningEmulator, reference: str) -> dict[str, float]:
    one, many = peers.own_peer(small, reference), peers.own_peer(large, reference)
    samples: dict[int, list[tuple[float, float]]] = {one.pid: [], many.pid: []}
    with one.connect() as to_one, many.connect() as to_many:
        for _ in range(_ROUNDS + 1):
            for peer, connection in ((one, to_one), (many, to_many)):
                samples[peer.pid].append(_per_invocation(peer, connection))
    (wall_one, cpu_one), (wall_many, cpu_many) = (
        [statistics.median(column) * 1000 for column in zip(*found[1:], strict=True)]
        for found in (samples[one.pid], samples[many.pid])
    )
    return {
        "processorMillisecondsAtOne": round(cpu_one, 4),
        "processorMillisecondsAtMany": round(cpu_many, 4),
        "processorRatio": round(cpu_many / cpu_one, 3),
        "wallRatio": round(wall_many / wall_one, 3),
    }


def _per_invocation(peer: HttpPeer, connection: Connection) -> tuple[float, float]:
    """Wall and processor seconds of the emulator's process, per invocation."""
    cpu, began = figures.processor_seconds(peer.pid), time.perf_counter()
    for _ in range(_INVOCATIONS):
        status, body = connection.call(peer.request)
        if status != 200:
            raise RuntimeError(f"answered {status} {body[:200]!r}")
    wall = time.perf_counter() - began
    return wall / _INVOCATIONS, (figures.processor_seconds(peer.pid) - cpu) / _INVOCATIONS


def _own_memory(running: RunningEmulator) -> float:
    return figures.resident_mib(running.process.pid)
