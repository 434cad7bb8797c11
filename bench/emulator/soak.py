"""Whether an accepted asynchronous event is ever lost, and whether memory stays flat meanwhile.

The handler appends the id of each event that it has processed to a file. Environments are killed
at random, and some events always fail, so the queue retries, and gives up into a dead-letter
queue. In the end every accepted event must be in a file, a dead letter, or counted as queued by
the emulator when it stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.emulator import figures, memory, peers
from bench.emulator.client import Connection, signed
from emulator.tests.running import RunningEmulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from botocore.credentials import Credentials

_RECORDER = """
    import os

    done = None

    def handler(event, context):
        global done
        if event.get("fails"):
            raise ValueError("always")
        if done is None:
            done = os.open(
                os.path.join(event["directory"], str(os.getpid())),
                os.O_WRONLY | os.O_CREAT | os.O_APPEND,
            )
        os.write(done, b"%d\\n" % event["id"])
"""
_FUNCTION = "recorder"
_QUEUE = "dead-letters"
_STOP_REPORT = re.compile(r"Asynchronous events still queued: (\d+)")
_IN_FLIGHT = 2000
"""Events sent ahead of those processed: more would only grow the queue."""


@dataclass(frozen=True)
class Plan:
    """What to send: of `events`, a share `failing`; `tail` more just before the stop.

    `rate` events are sent a second, as many as are processed where it is 0.
    `kills` environments die per second. `scale` compresses the retries' delays of 60 s and 120 s,
    and with them the maximum age of six hours, which must outlast the queue.
    """

    events: int = 100_000
    tail: int = 500
    failing: float = 0.005
    kills: float = 4.0
    seed: int = 1
    rate: float = 0.0
    scale: float = 60.0
    drain_seconds: float = 300.0


@dataclass
class Result:
    """Counts of events; memory in MiB of the emulator's own process."""

    accepted: int = 0
    processed: int = 0
    dead_letters: int = 0
    undrained: int = 0
    """Events without an end although the queue had time to drain, before the tail was sent."""
    queued_at_stop: int = 0
    missing: int = 0
    """Events without an end after the stop: at most those that the stop reported as queued."""
    killed: int = 0
    repeated: int = 0
    """Events that ran more than once, which at-least-once delivery allows."""
    seconds: float = 0.0
    own_memory: list[memory.Sample] = field(default_factory=list)
    storage_memory: list[memory.Sample] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Events that are neither processed, dead-lettered nor reported as queued."""
        return self.undrained + max(0, self.missing - self.queued_at_stop)

    def document(self) -> dict[str, Any]:
        """The counts and the trend of memory, as a JSON document."""
        counts = {
            "accepted": self.accepted,
            "processed": self.processed,
            "deadLettered": self.dead_letters,
            "queuedAtStop": self.queued_at_stop,
            "lost": self.lost,
            "environmentsKilled": self.killed,
            "repeated": self.repeated,
            "seconds": round(self.seconds, 1),
        }
        return {
            **counts,
            "emulatorMemory": memory.trend(self.own_memory),
            "storageMemory": memory.trend(self.storage_memory),
        }


def run(plan: Plan, work: Path) -> Result:
    """Send, kill, drain, send the tail, stop; raises what a broken emulator makes raise."""
    running = RunningEmulator.start(work / "soak.env", scale=plan.scale)
    result = Result()
    began = time.monotonic()
    directory = work / "done"
    directory.mkdir()
    done = _Done(directory)
    try:
        _deploy(running)
        letters = _Letters(running)
        with _troubled(running, plan, result):
            _send(running, plan, (done, letters), result)
        output = running.stop()
    finally:
        if running.process.poll() is None:
            running.process.kill()
    _judge(result, done, letters.ids, output)
    result.seconds = time.monotonic() - began
    return result


@contextlib.contextmanager
def _troubled(running: RunningEmulator, plan: Plan, result: Result) -> Iterator[None]:
    """Kill environments and sample memory meanwhile."""
    stopping = threading.Event()
    watchers = [
        threading.Thread(target=_kill, args=(running, plan, stopping, result)),
        threading.Thread(target=_watch, args=(running, stopping, result)),
    ]
    for watcher in watchers:
        watcher.start()
    try:
        yield
    finally:
        stopping.set()
        for watcher in watchers:
            watcher.join()


def _send(
    running: RunningEmulator, plan: Plan, ends: tuple[_Done, _Letters], result: Result
) -> None:
    draw = random.Random(plan.seed)  # noqa: S311 - a load to be repeated
    peer = peers.own_peer(running, _FUNCTION)
    directory = ends[0].directory
    with peer.connect() as connection:
        began = time.monotonic()
        for number in range(plan.events):
            if plan.rate:
                time.sleep(max(0.0, began + number / plan.rate - time.monotonic()))
            _invoke(connection, peer.keys, number, directory, fails=draw.random() < plan.failing)
            result.accepted += 1
            if number % 500 == 499:
                _wait_for(ends, result, _IN_FLIGHT, 60.0)
        result.undrained = _wait_for(ends, result, 0, plan.drain_seconds)
        for number in range(plan.events, plan.events + plan.tail):
            _invoke(connection, peer.keys, number, directory, fails=draw.random() < plan.failing)
            result.accepted += 1
    ends[1].read()


def _wait_for(ends: tuple[_Done, _Letters], result: Result, wanted: int, seconds: float) -> int:
    """Wait until at most `wanted` events have no end, or time is up; how many have none."""
    done, letters = ends
    deadline = time.monotonic() + seconds
    while True:
        done.read()
        letters.read()
        left = result.accepted - len(done.counts.keys() | letters.ids)
        if left <= wanted or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


def _judge(result: Result, done: _Done, dead: set[int], output: str) -> None:
    done.read()
    result.processed = len(done.counts)
    result.repeated = sum(count > 1 for count in done.counts.values())
    result.dead_letters = len(dead)
    ended = done.counts.keys() | dead
    result.missing = len(set(range(result.accepted)) - ended) - result.undrained
    reported = _STOP_REPORT.search(output)
    if reported is None:
        raise RuntimeError(f"the emulator's end reported nothing: {output[-500:]}")
    result.queued_at_stop = int(reported[1])


class _Done:
    """How often each event was processed; each file is read on from where it was read last."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.counts: Counter[int] = Counter()
        self._offsets: dict[str, int] = {}

    def read(self) -> None:
        """Take in what was written since."""
        for path in self.directory.iterdir():
            with path.open("rb") as source:
                source.seek(self._offsets.get(path.name, 0))
                lines = source.read()
            self.counts.update(map(int, lines.split()))
            self._offsets[path.name] = self._offsets.get(path.name, 0) + len(lines)


class _Letters:
    """The dead letters so far."""

    def __init__(self, running: RunningEmulator) -> None:
        self._sqs = running.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName=_QUEUE)["QueueUrl"]
        self.ids: set[int] = set()

    def read(self) -> None:
        """Take all that are there."""
        while True:
            messages = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
                "Messages", []
            )
            if not messages:
                return
            self.ids.update(json.loads(message["Body"])["id"] for message in messages)
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                    for index, message in enumerate(messages)
                ],
            )


def _deploy(running: RunningEmulator) -> None:
    url = running.client("sqs").create_queue(QueueName=_QUEUE)["QueueUrl"]
    arn = running.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    running.deploy(
        _RECORDER,
        FunctionName=_FUNCTION,
        Timeout=30,
        DeadLetterConfig={"TargetArn": arn["Attributes"]["QueueArn"]},
    )
    running.client("lambda").put_function_concurrency(
        FunctionName=_FUNCTION, ReservedConcurrentExecutions=8
    )


def _invoke(
    connection: Connection, keys: Credentials, number: int, directory: Path, *, fails: bool
) -> None:
    event: dict[str, object] = {"id": number, "directory": os.fspath(directory)}
    body = json.dumps(event | ({"fails": True} if fails else {})).encode()
    path = f"/2015-03-31/functions/{_FUNCTION}/invocations"
    request = signed(keys, path, body, headers="X-Amz-Invocation-Type: Event\r\n")
    status, answer = connection.call(request)
    if status != 202:
        raise RuntimeError(f"an event was answered {status} {answer[:200]!r}")


def _kill(running: RunningEmulator, plan: Plan, stopping: threading.Event, result: Result) -> None:
    """Kill environments at the times of a Poisson process, in init, at work or idle."""
    draw = random.Random(plan.seed + 1)  # noqa: S311 - to be repeated
    while not stopping.wait(draw.expovariate(plan.kills)):
        with contextlib.suppress(OSError):
            found = figures.runtimes(running.process.pid)
            if found:
                os.kill(draw.choice(found), signal.SIGKILL)
                result.killed += 1


def _watch(running: RunningEmulator, stopping: threading.Event, result: Result) -> None:
    pid, began = running.process.pid, time.monotonic()
    storage = [child for child in figures.children(pid) if child not in figures.runtimes(pid)]
    while not stopping.wait(0.5):
        with contextlib.suppress(OSError):
            now, events = time.monotonic() - began, result.accepted
            result.own_memory.append(memory.Sample(now, events, figures.resident_mib(pid)))
            result.storage_memory.append(
                memory.Sample(now, events, figures.resident_mib(storage[0]))
            )
