"""How fast the emulator is beside MiniStack, the runtime interface emulator and a bare loop.

All peers are measured in one run, a few invocations each in turn, so that whatever else the machine
does falls on all of them alike.
"""

from __future__ import annotations

import contextlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from console.checkout import ROOT
from console.lifelines import tied

from bench.emulator import figures, flatness, peers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.emulator.client import Connection
    from bench.emulator.peers import BareLoop, HttpPeer

CLIENTS = 5
_WARM_UP = 5


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds over all peers, invocations and seconds in each."""

    rounds: int = 20
    invocations: int = 50
    throughput_seconds: float = 1.0
    throughput_rounds: int = 4
    starts: int = 5
    environments: int = 100
    versions: int = 1000


@dataclass
class Samples:
    """What the rounds gave, by peer."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    per_second: dict[str, list[float]] = field(default_factory=dict)


def measure(plan: Plan, ministack: Path, interface: Path) -> dict[str, object]:
    """Every figure; keys end in their unit or are ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-emulator-") as directory:
        work = Path(directory)
        samples = Samples()
        with contextlib.ExitStack() as stack:
            _, own = stack.enter_context(peers.own(work))
            http = [
                own,
                stack.enter_context(peers.interface_emulator(work, interface)),
                stack.enter_context(peers.ministack(work, ministack)),
            ]
            bare = peers.BareLoop(work)
            stack.callback(bare.close)
            _round_trips(plan, http, bare, samples)
            _throughputs(plan, [peer for peer in http if peer.name != "interfaceEmulator"], samples)
            memory = _memory(own, bare)
        return {
            **_compared(samples),
            "startSeconds": round(_start_seconds(plan.starts, work), 3),
            **memory,
            **flatness.measure(work, plan.environments, plan.versions),
        }


def _round_trips(plan: Plan, http: Sequence[HttpPeer], bare: BareLoop, samples: Samples) -> None:
    """One client, peers in turn; each turn's first invocations are not counted.

    A connection lasts one turn: MiniStack's server closes its own after 1,000 requests.
    """
    for _ in range(plan.rounds):
        found = [bare.invoke() for _ in range(plan.invocations)]
        samples.seconds.setdefault("bareLoop", []).extend(found)
        for peer in http:
            with peer.connect() as connection:
                for _ in range(_WARM_UP):
                    _timed(connection, peer.request)
                found = [_timed(connection, peer.request) for _ in range(plan.invocations)]
            samples.seconds.setdefault(peer.name, []).extend(found)


def _timed(connection: Connection, request: bytes) -> float:
    began = time.perf_counter()
    status, body = connection.call(request)
    elapsed = time.perf_counter() - began
    if (status, body) != (200, b"null"):
        raise RuntimeError(f"a silent handler answered {status} {body[:200]!r}")
    return elapsed


def _throughputs(plan: Plan, http: Sequence[HttpPeer], samples: Samples) -> None:
    for peer in http:  # as many environments as clients, before it counts
        _per_second(peer, plan.throughput_seconds)
    for _ in range(plan.throughput_rounds):
        for peer in http:
            found = _per_second(peer, plan.throughput_seconds)
            samples.per_second.setdefault(peer.name, []).append(found)


def _per_second(peer: HttpPeer, seconds: float) -> float:
    done = [0] * CLIENTS
    began = time.perf_counter()

    def invoke(index: int) -> None:
        with peer.connect() as connection:
            while time.perf_counter() < began + seconds:
                _timed(connection, peer.request)
                done[index] += 1

    threads = [threading.Thread(target=invoke, args=(index,)) for index in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


def _compared(samples: Samples) -> dict[str, object]:
    by_peer = {name: figures.summary(seconds) for name, seconds in samples.seconds.items()}
    medians = {name: found["medianMilliseconds"] for name, found in by_peer.items()}
    rates = {name: round(statistics.median(found), 1) for name, found in samples.per_second.items()}
    return {
        "addedMilliseconds": round(medians["emulator"] - medians["bareLoop"], 4),
        "overRuntimeInterfaceEmulator": round(
            medians["emulator"] / medians["interfaceEmulator"], 3
        ),
        "throughputOverMiniStack": round(rates["emulator"] / rates["ministack"], 2),
        "roundTrips": by_peer,
        "invocationsPerSecond": rates,
    }


def _memory(own: HttpPeer, bare: BareLoop) -> dict[str, object]:
    """An idle environment's process beside the bare client's, both resident (shared included)."""
    idle = [figures.resident_mib(pid) for pid in figures.runtimes(own.pid)]
    client = figures.resident_mib(bare.process.pid)
    return {
        "environmentResidentMebibytes": round(statistics.median(idle), 2),
        "bareClientResidentMebibytes": round(client, 2),
        "memoryOverBareClient": round(statistics.median(idle) / client, 3),
    }


def _start_seconds(times: int, work: Path) -> float:
    """From the command to the environment file, at the median."""
    found = []
    for index in range(times):
        env_file = work / f"start-{index}.env"
        began = time.perf_counter()
        process = tied(
            [sys.executable, "-m", "emulator", "--env-file", str(env_file)],
            signal.SIGTERM,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        while not env_file.exists() and process.poll() is None:
            time.sleep(0.005)
        found.append(time.perf_counter() - began)
        process.terminate()
        if process.wait() != 0:
            raise RuntimeError("the emulator did not start")
    return statistics.median(found)
