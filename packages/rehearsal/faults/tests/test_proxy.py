"""The proxy fails as told, and counts what was written whatever it told the function."""

from __future__ import annotations

import asyncio
import json
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from rehearsal.faults import run_log, wire
from rehearsal.faults.plan import Fault, Reply
from rehearsal.faults.proxy import FaultProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from signal import Signals

    from rehearsal.faults.run_log import RunLog

REPLY = b'{"Item":"what the table says"}'


class Killer:
    """Remembers whom it was told to kill: the process at every port is number 7."""

    def __init__(self) -> None:
        self.killed: list[tuple[int, Signals]] = []

    def of_port(self, port: int) -> int | None:
        """Return the one process that there is."""
        return 7 if port else None

    def signal(self, pid: int, number: Signals) -> None:
        """Remember the signal."""
        self.killed.append((pid, number))


class Table:
    """Answers every request with 200, and keeps them."""

    def __init__(self) -> None:
        self.requests: list[wire.Message] = []
        self.gone = asyncio.Semaphore(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while (request := await wire.read(reader)) is not None:
            self.requests.append(request)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(REPLY) + REPLY)
        await wire.close(writer)
        self.gone.release()


def put(event_id: str) -> bytes:
    """Return a PutItem as the service sends it."""
    body = json.dumps({"Item": {"id": {"S": event_id}}}).encode()
    head = (
        f"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: {len(body)}"
    )
    return head.encode() + b"\r\n\r\n" + body


async def exchange(
    log: RunLog, faults: tuple[Fault, ...], requests: int = 1
) -> tuple[list[wire.Message | None], Table, Killer, FaultProxy]:
    """Send requests for the event `o` one after another, each on a connection of its own."""
    table, killer = Table(), Killer()
    server = await asyncio.start_server(table.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = FaultProxy(f"http://127.0.0.1:{port}", killer, log, "id")
    address = (await proxy.start()).removeprefix("http://").split(":")
    proxy.script("o", faults)
    answers = []
    for _ in range(requests):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(put("o"))
        answers.append(await wire.read(reader))
        await wire.close(writer)
    await proxy.stop()
    if table.requests:
        await table.gone.acquire()
    server.close()
    return answers, table, killer, proxy


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    """Return an open ledger."""
    opened = run_log.RunLog(tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("reply", ["error", "reset", "kill", "withhold"])
def test_a_write_counts_whether_or_not_the_function_hears_of_it(
    log: RunLog, tmp_path: Path, stored: bool, reply: Reply
) -> None:
    """What reached the table is in the log; what did not, is not."""
    fault = Fault(stored, reply, code="InternalServerError")
    answers, table, _, proxy = asyncio.run(exchange(log, (fault,)))
    assert (
        len(table.requests)
        == proxy.written["o"]
        == len(list(run_log.read(tmp_path, run_log.Write)))
        == stored
    )
    assert answers[0] is None or answers[0].status == 500
    assert proxy.met["o"] == 1


def test_faults_meet_the_requests_in_turn_and_then_end(log: RunLog) -> None:
    """After the last fault the table's own answers pass unchanged."""
    codes = ("ServiceUnavailable", "ThrottlingException")
    faults = tuple(Fault(False, "error", code=code) for code in codes)
    answers, table, _, _ = asyncio.run(exchange(log, faults, requests=3))
    assert [answer.status for answer in answers if answer] == [503, 400, 200]
    assert "ThrottlingException" in answers[1].json()["__type"] if answers[1] else False
    assert answers[2] is not None
    assert answers[2].body == REPLY
    assert len(table.requests) == 1


@pytest.mark.parametrize("reply", ["kill", "answer-kill"])
def test_kills_who_is_at_the_other_end(log: RunLog, reply: Reply) -> None:
    """With SIGKILL; before the answer, or after it was sent."""
    answers, _, killer, _ = asyncio.run(exchange(log, (Fault(True, reply),)))
    assert killer.killed == [(7, SIGKILL)]
    assert (answers[0] is not None) == (reply == "answer-kill")


def test_a_cut_answer_hides_its_loss_and_a_truncated_one_does_not(log: RunLog) -> None:
    """The one is whole by its length and no JSON; the other ends before its length."""
    faults = (Fault(True, "cut"), Fault(True, "truncate"))
    answers, _, _, _ = asyncio.run(exchange(log, faults, requests=2))
    assert answers[0] is not None
    assert answers[0].body == REPLY[: len(REPLY) // 2]
    assert answers[1] is None
