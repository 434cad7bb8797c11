"""One run from the plan to the report."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from console.checkout import ROOT
from console.errors import UsageError
from console.processes import Children
from service import probes

from rehearsal.callers.client import LambdaClient
from rehearsal.faults import evidence, run_log, stack
from rehearsal.faults.driver import Driver
from rehearsal.faults.environments import Environments
from rehearsal.faults.judge import Evidence, expect, judge
from rehearsal.faults.kinds import KINDS
from rehearsal.faults.oracle import load, table_of
from rehearsal.faults.plan import plan
from rehearsal.faults.proxy import FaultProxy
from rehearsal.faults.report import Report, assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.stack import Stack

    from rehearsal.faults.judge import Expected
    from rehearsal.faults.plan import PlannedEvent
    from rehearsal.faults.settings import Settings

    Units = Sequence[tuple[PlannedEvent, ...]]


def run(settings: Settings, tell: Callable[[str], None]) -> Report:
    """Deploy, send, break, wait and judge; raises UsageError."""
    if not Path("/proc/self/task").exists():
        raise UsageError("This needs Linux: environments are found and killed through /proc.")
    oracle, table = load(settings.service), table_of(settings.service)
    units = plan(oracle, KINDS, settings.events, settings.seed, settings.only)
    began = time.monotonic()
    _clear(settings.directory)
    log = settings.directory / "run_log"
    with Children(ROOT, settings.directory / "logs") as children:
        tell(f"deploying the stack for {settings.concurrency} concurrent executions")
        deployed = stack.deploy(settings, children)
        count = sum(len(unit) for unit in units)
        tell(f"sending {count} events of {len({unit[0].kind for unit in units})} kinds of fault")
        started_at = time.time()
        met = asyncio.run(_send(settings, deployed, units, started_at))
        tell("reconciling")
        seen = gather(log)
        for event_id, item in evidence.records(deployed, table.key).items():
            seen[event_id].item, seen[event_id].kept = item, item[table.digest]["S"]
    judged = [
        (event, judge(oracle, _contents(event, started_at), seen[event.event_id]))
        for unit in units
        for event in unit
    ]
    report = assemble(settings, time.monotonic() - began, judged, met)
    report.write(settings.directory / "report.json")
    return report


async def _send(
    settings: Settings, deployed: Stack, units: Units, started_at: float
) -> Counter[str]:
    """Send all events through the faults; what befell each, by its id."""
    log = run_log.RunLog(settings.directory / "run_log")
    key = table_of(settings.service).key
    environments = Environments(deployed.emulator.process.pid)
    proxy = FaultProxy(deployed.environment["AWS_ENDPOINT_URL"], environments, log, key)
    dlq = evidence.DlqReader(deployed, probes.load(settings.service).event_id, log)
    with socket.socket() as nobody:
        # Taken and never listened at: a connection is refused there, and nobody else can come.
        nobody.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        try:
            endpoint = await proxy.start()
            qualifiers = await asyncio.to_thread(
                stack.publish, deployed, settings, endpoint, nowhere
            )
            async with LambdaClient(deployed.environment, deployed.function) as client:
                driver = Driver(settings, client, proxy, environments, log)
                await driver.run(units, qualifiers, started_at)
                await evidence.settle(driver, proxy, dlq)
        finally:
            await proxy.stop()
            log.close()
    return driver.met + proxy.met


def gather(log: Path) -> defaultdict[str, Evidence]:
    """Join the run log by the events' ids."""
    seen: defaultdict[str, Evidence] = defaultdict(Evidence)
    answered: Counter[tuple[str, int]] = Counter()
    for answer in run_log.read(log, run_log.Answer):
        seen[answer.event_id].answers.append(answer)
        answered[answer.event_id, answer.number] += 1
    for sent in run_log.read(log, run_log.Sent):
        if not answered[sent.event_id, sent.number]:
            # Sent, and no answer was written down: to its caller an error.
            cut = run_log.Answer(sent.event_id, sent.number, sent.mode, sent.digest, "unanswered")
            seen[sent.event_id].answers.append(cut)
    for write in run_log.read(log, run_log.Write):
        seen[write.event_id].writes.append(write.item)
    for message in run_log.read(log, run_log.DlqMessage):
        seen[message.event_id].dlq_messages.append(message.digest)
    return seen


def _contents(event: PlannedEvent, started_at: float) -> dict[str, Expected]:
    expected = (expect(content, started_at) for content in event.recipe.contents)
    return {content.digest: content for content in expected}


def _clear(directory: Path) -> None:
    """Remove what an earlier run left; raises UsageError where the directory cannot be used."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("artifact", "overlay", "stacks", "run_log", "logs"):
            shutil.rmtree(directory / name, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            f"{directory} cannot be written to ({error.strerror}): choose another --directory."
        ) from error


def say(line: str) -> None:
    """Tell the terminal."""
    print(line, file=sys.stderr, flush=True)
