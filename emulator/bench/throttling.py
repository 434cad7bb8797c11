"""Whether the share of refused requests is the one that Erlang's formula gives.

Poisson arrivals at a reserved concurrency of `c` and a slot time of `s` seconds are an Erlang loss
system of `c` servers at `rate * s` erlangs. `s` is the emulator's own mean Duration in the run (a
slot is held for init and run, and inits are over before the run begins). The limit of ten requests
a second for each slot is another law: the emulator measured here is started without it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import math
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from emulator.bench import erlang, peers, poisson
from emulator.bench.client import Connection, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emulator.bench.poisson import Sent
    from emulator.tests.running import RunningEmulator

FAMILY_LEVEL = 0.95
BATCHES = 20
OPTIONS = ("--requests-per-slot", "100000")
LOADS = (0.5, 1.0, 1.5, 2.0)
SLOT_SECONDS = {1: 0.1, 5: 0.1, 50: 0.5}
"""What the handler sleeps, by concurrency: long enough for 50 slots on two cores, and for the
load's own delays of a millisecond or two not to blur the arrivals."""

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


def measure(
    running: RunningEmulator,
    cells: Sequence[tuple[int, float]],
    seconds: float,
    seed: int,
) -> list[Cell]:
    """Each (concurrency, load) for `seconds`.

    The intervals hold together with `FAMILY_LEVEL`: Bonferroni's rule divides the risk among them.
    """
    level = 1 - (1 - FAMILY_LEVEL) / len(cells)
    return [
        _measure(running, concurrency, load, seconds, seed + index, level)
        for index, (concurrency, load) in enumerate(cells)
    ]


def table(cells: Sequence[Cell]) -> str:
    """The cells as text, one a line."""
    head = "  c  load  slot ms  requests  share   Erlang  interval         replayed  late p99 ms"
    lines = [
        f"{cell.concurrency:3d}  {cell.load:4.1f}  {cell.slot_milliseconds:7.2f}"
        f"  {cell.requests:8d}  {cell.share:.4f}  {cell.erlang:.4f}"
        f"  {cell.low:.4f}-{cell.high:.4f}  {cell.replayed:.4f}"
        f"  {cell.late_p99_milliseconds:8.2f}  {'within' if cell.within else 'OUTSIDE'}"
        for cell in cells
    ]
    return "\n".join([head, *lines])


def document(cells: Sequence[Cell]) -> dict[str, object]:
    """The cells as a JSON document."""
    return {
        "familyLevel": FAMILY_LEVEL,
        "rule": f"Bonferroni over {len(cells)} cells; interval by {BATCHES} batch means",
        "within": sum(cell.within for cell in cells),
        "cells": [{**asdict(cell), "within": cell.within} for cell in cells],
    }


def _measure(
    running: RunningEmulator, concurrency: int, load: float, seconds: float, seed: int, level: float
) -> Cell:
    name, alias = f"sleeper-{concurrency}", f"load-{load:g}".replace(".", "-")
    slot = SLOT_SECONDS[concurrency]
    rate = load * concurrency / slot
    client = running.client("lambda")
    if all(found["FunctionName"] != name for found in client.list_functions()["Functions"]):
        _deploy(running, name, concurrency)
    client.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")
    settling = _SETTLING_SLOTS * slot
    times = poisson.arrivals(rate, settling + seconds, seed)
    peer = peers.own_peer(running, f"{name}:{alias}")
    request = _request(f"{name}:{alias}", slot)
    sent = asyncio.run(poisson.send("127.0.0.1", peer.port, request, times))
    unexpected = {one.status for one in sent} - {200, 429}
    if unexpected:
        raise RuntimeError(f"statuses {sorted(unexpected)} among the answers")
    measured_slot = _mean_duration(running, name, alias)
    return _cell((concurrency, load), rate, measured_slot, sent, settling, seconds, level)


def _cell(
    at: tuple[int, float],
    rate: float,
    slot: float,
    sent: Sequence[Sent],
    settling: float,
    seconds: float,
    level: float,
) -> Cell:
    concurrency, load = at
    counted = [one for one in sent if one.due >= settling]
    arrived, refused = [0] * BATCHES, [0] * BATCHES
    for one in counted:
        batch = min(BATCHES - 1, int((one.due - settling) / seconds * BATCHES))
        arrived[batch] += 1
        refused[batch] += one.status == 429
    expected = erlang.blocking(concurrency, rate * slot)
    width = erlang.half_width(arrived, refused, level)
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


def _request(reference: str, seconds: float) -> bytes:
    body = json.dumps({"seconds": seconds}).encode()
    return signed("127.0.0.1", f"/2015-03-31/functions/{reference}/invocations", body)


def _deploy(running: RunningEmulator, name: str, concurrency: int) -> None:
    """The sleeper with all its environments made, by its number: no alias has metrics yet."""
    running.deploy(_SLEEPER, FunctionName=name, Timeout=60)
    client = running.client("lambda")
    client.publish_version(FunctionName=name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)
    port = peers.own_peer(running, name).port
    request = _request(f"{name}:1", 0.1 + 0.2 * concurrency)  # until the last one has begun
    threads = [threading.Thread(target=_hold, args=(port, request)) for _ in range(concurrency)]
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
