"""An open load: requests leave at the times that a seeded Poisson process gives, come what may."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: when it was due and how late it left (seconds), and the status it got."""

    due: float
    late: float
    status: int


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Times of a Poisson process of `rate` per second, from 0 to `seconds`."""
    draw = random.Random(seed)  # noqa: S311 - a load to be repeated
    times = [draw.expovariate(rate)]
    while times[-1] < seconds:
        times.append(times[-1] + draw.expovariate(rate))
    return times[:-1]


async def send(host: str, port: int, request: bytes, times: Sequence[float]) -> list[Sent]:
    """Send `request` at each of `times`, over as many kept-alive connections as it takes."""
    loop = asyncio.get_running_loop()
    free: list[_Connection] = []
    began = loop.time() + 0.05

    async def one(due: float) -> Sent:
        connection = free.pop() if free else await _Connection.open(host, port)
        late = loop.time() - began - due
        status = await connection.call(request)
        free.append(connection)
        return Sent(due, late, status)

    tasks = []
    for due in times:
        await asyncio.sleep(began + due - loop.time())
        tasks.append(loop.create_task(one(due)))
    sent = await asyncio.gather(*tasks)
    for connection in free:
        connection.close()
    return sent


class _Connection:
    """One kept-alive connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> _Connection:
        return cls(*await asyncio.open_connection(host, port))

    async def call(self, request: bytes) -> int:
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        start = head.find(b"\r\ncontent-length:")
        await self._reader.readexactly(int(head[start + 17 :].split(None, 1)[0]))
        return int(head[9:12])

    def close(self) -> None:
        self._writer.close()
