"""Whether the share of refused requests is the one that Erlang's formula gives.

Poisson arrivals at a reserved concurrency of `c` and a slot time of `s` seconds are an Erlang loss
system of `c` servers at `rate * s` erlangs. `s` is the emulator's own mean Duration in the run (a
slot is held for init and run, and inits are over before the run begins). The limit of ten requests
a second for each slot is another law: the emulator measured here is started without it.

The same arrivals replayed through an ideal loss system tell chance from error: a share that lies
off the formula and on the replay is what these arrivals give. Where other work keeps the machine
busy, slots last longer while all are taken, and shares rise above the formula for that reason.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import math
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from load.model.erlang import erlang_b
from reporting import terminal
from reporting.amounts import count, interval, milliseconds, number, share

from bench.emulator import erlang, peers, poisson
from bench.emulator.client import Connection, signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.emulator.poisson import Sent
    from emulator.tests.running import RunningEmulator

FAMILY_LEVEL = 0.95
BATCHES = 20
REQUESTS_PER_CONCURRENCY = 100_000
TIME_SCALE = 1.0
OPTIONS = ("--requests-per-concurrency", str(REQUESTS_PER_CONCURRENCY))
LOADS = (0.5, 1.0, 1.5, 2.0)
SLOT_SECONDS = {1: 0.1, 5: 0.1, 50: 0.5}
"""What the handler sleeps, by concurrency: long enough for 50 slots on two cores, and for the
load's own delays of a millisecond or two not to blur the arrivals."""

CELLS = tuple((concurrency, load) for concurrency in SLOT_SECONDS for load in LOADS)
_SETTLING_SLOTS = 5
_SLEEPER = """
    import time

    def handler(event, context):
        time.sleep(event["seconds"])
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement; shares from 0 to 1, `low` and `high` the interval about the formula's."""

    concurrency: int
    load: float
    offered_erlangs: float
    slot_milliseconds: float
    requests: int
    share: float
    erlang: float
    low: float
    high: float
    replayed: float
    """The share that an ideal loss system gives for these very arrivals."""
    late_p99_milliseconds: float

    @property
    def within(self) -> bool:
        """Whether the measured share lies in the interval."""
        return self.low <= self.share <= self.high


@dataclass(frozen=True, slots=True)
class Plan:
    """How each of `cells` is measured.

    The intervals of all `CELLS` hold together with `FAMILY_LEVEL`: Bonferroni's rule divides the
    risk among them, however many are measured in one run.
    """

    seconds: float
    seed: int
    cells: tuple[tuple[int, float], ...] = CELLS

    @property
    def level(self) -> float:
        """The confidence level of one cell's interval."""
        return 1 - (1 - FAMILY_LEVEL) / len(CELLS)

    def parameters(self) -> dict[str, object]:
        """All that a cell's figures depend on."""
        return {
            "seconds": self.seconds,
            "settlingSlots": _SETTLING_SLOTS,
            "seed": self.seed,
            "timeScale": TIME_SCALE,
            "requestsPerConcurrency": REQUESTS_PER_CONCURRENCY,
            "handlerSeconds": {str(count): slot for count, slot in SLOT_SECONDS.items()},
            "familyLevel": FAMILY_LEVEL,
            "cellLevel": round(self.level, 5),
            "batches": BATCHES,
        }


def measure(running: RunningEmulator, plan: Plan) -> list[Cell]:
    """Each cell of the plan, with arrivals that depend on the seed and the cell alone."""
    return [_measure(running, plan, at, plan.seed + CELLS.index(at)) for at in plan.cells]


def table(plan: Plan, cells: Sequence[Cell]) -> str:
    """The parameters, then the cells, one a line."""
    said = json.dumps(plan.parameters())
    head = (
        "c", "load", "slot", "requests", "share", "Erlang", "interval", "replayed", "late p99", "",
    )  # fmt: skip
    rows = (
        (
            count(cell.concurrency), number(cell.load), milliseconds(cell.slot_milliseconds),
            count(cell.requests), share(cell.share), share(cell.erlang),
            interval(cell.low, cell.high), share(cell.replayed),
            milliseconds(cell.late_p99_milliseconds), "within" if cell.within else "OUTSIDE",
        )
        for cell in cells
    )  # fmt: skip
    columns = terminal.width()
    lines = terminal.table(head, rows, columns, right=range(len(head) - 1))
    return "\n".join([*terminal.wrapped(said, columns), *lines])


def document(plan: Plan, cells: Sequence[Cell], earlier: Mapping[str, Any]) -> dict[str, object]:
    """The cells as a JSON document, with those of an `earlier` one of the same parameters."""
    parameters = plan.parameters()
    kept = earlier.get("cells", []) if earlier.get("parameters") == parameters else []
    found = {(cell["concurrency"], cell["load"]): cell for cell in kept}
    for cell in cells:
        found[cell.concurrency, cell.load] = {**asdict(cell), "within": cell.within}
    ordered = [found[at] for at in CELLS if at in found]
    within = sum(cell["within"] for cell in ordered)
    return {"parameters": parameters, "within": within, "cells": ordered}


def _measure(running: RunningEmulator, plan: Plan, at: tuple[int, float], seed: int) -> Cell:
    concurrency, load = at
    name, alias = f"sleeper-{concurrency}", f"load-{load:g}".replace(".", "-")
    slot = SLOT_SECONDS[concurrency]
    rate = load * concurrency / slot
    client = running.client("lambda")
    if all(found["FunctionName"] != name for found in client.list_functions()["Functions"]):
        _deploy(running, name, concurrency)
    client.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")
    settling = _SETTLING_SLOTS * slot
    times = poisson.arrivals(rate, settling + plan.seconds, seed)
    peer = peers.own_peer(running, f"{name}:{alias}")
    request = _request(peer, f"{name}:{alias}", slot)
    sent = asyncio.run(poisson.send("127.0.0.1", peer.port, request, times))
    unexpected = {one.status for one in sent} - {200, 429}
    if unexpected:
        raise RuntimeError(f"statuses {sorted(unexpected)} among the answers")
    measured_slot = _mean_duration(running, name, alias)
    return _cell(plan, at, rate, measured_slot, sent)


def _cell(
    plan: Plan, at: tuple[int, float], rate: float, slot: float, sent: Sequence[Sent]
) -> Cell:
    concurrency, load = at
    settling = _SETTLING_SLOTS * SLOT_SECONDS[concurrency]
    counted = [one for one in sent if one.due >= settling]
    arrived, refused = [0] * BATCHES, [0] * BATCHES
    for one in counted:
        batch = min(BATCHES - 1, int((one.due - settling) / plan.seconds * BATCHES))
        arrived[batch] += 1
        refused[batch] += one.status == 429
    expected = erlang_b(rate * slot, concurrency)
    width = erlang.half_width(arrived, refused, plan.level)
    replayed = erlang.replay([one.due for one in sent], concurrency, slot)[-len(counted) :]
    late = sorted(one.late for one in counted)
    return Cell(
        concurrency,
        load,
        round(rate * slot, 4),
        round(slot * 1000, 3),
        len(counted),
        round(sum(refused) / len(counted), 4),
        round(expected, 4),
        round(max(0.0, expected - width), 4),
        round(expected + width, 4),
        round(sum(replayed) / len(counted), 4),
        round(late[math.ceil(0.99 * len(late)) - 1] * 1000, 2),
    )


def _request(peer: peers.HttpPeer, reference: str, seconds: float) -> bytes:
    body = json.dumps({"seconds": seconds}).encode()
    return signed(peer.keys, f"/2015-03-31/functions/{reference}/invocations", body)


def _deploy(running: RunningEmulator, name: str, concurrency: int) -> None:
    """The sleeper with all its environments made, by its number: no alias has metrics yet."""
    running.deploy(_SLEEPER, FunctionName=name, Timeout=60)
    client = running.client("lambda")
    client.publish_version(FunctionName=name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)
    peer = peers.own_peer(running, name)
    request = _request(peer, f"{name}:1", 0.1 + 0.2 * concurrency)  # until the last one has begun
    threads = [
        threading.Thread(target=_hold, args=(peer.port, request)) for _ in range(concurrency)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _hold(port: int, request: bytes) -> None:
    with Connection("127.0.0.1", port) as connection:
        status, body = connection.call(request)
    if status != 200:
        raise RuntimeError(f"the warm-up was answered {status} {body[:200]!r}")


def _mean_duration(running: RunningEmulator, name: str, alias: str) -> float:
    """Seconds; every invocation through the alias, from the emulator's own metrics."""
    now = dt.datetime.now(dt.UTC)
    points = running.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[
            {"Name": "FunctionName", "Value": name},
            {"Name": "Resource", "Value": f"{name}:{alias}"},
        ],
        StartTime=now - dt.timedelta(hours=1),
        EndTime=now + dt.timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    total = sum(point["Sum"] for point in points)
    return float(total / sum(point["SampleCount"] for point in points) / 1000)
