"""`python -m bench.load.reconciliation`: a million events from run log to fates, in what memory.

The run log is a real one; table and dead-letter queue are stand-ins that hold what they should.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console import closed_output
from console.arguments import Parser, whole
from console.checkout import ROOT

from load.model.arrivals import Stage
from load.model.retries import ONCE
from load.report import figures
from load.run_log import log
from load.run_log.buckets import Buckets
from load.run_log.evidence import Stored
from load.run_log.log import Attempt, Entry, Run, RunLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.run_log.classify import Outcome
    from load.run_log.log import Invocation

RATE: Final = 1_000.0
OUT: Final = ROOT / "build/bench/reconciliation.json"


def entry(number: int) -> Entry:
    """Return one of the events: one in ten is asynchronous."""
    way: Invocation = "async" if number % 10 == 0 else "sync"
    return Entry(f"20260101T000000000-1-{number:07d}", f"{number:064x}", "new", way, number / RATE)


def attempt(sent: Entry, number: int) -> Attempt:
    """Return what it came to: one synchronous event in seven is throttled."""
    outcome: Outcome = (
        "accepted"
        if sent.invocation == "async"
        else "throttled"
        if number % 7 == 0
        else "confirmed"
    )
    at = sent.intended_at
    return Attempt(
        sent.event_id, "new", sent.invocation, at, at + 0.001, at + 0.05, outcome,
        "ReservedFunctionConcurrentInvocationLimitExceeded" if outcome == "throttled" else None,
        429 if outcome == "throttled" else 200, "1", f"{number:036d}",
        sent.digest if outcome == "confirmed" else None, at,
    )  # fmt: skip


def write(directory: Path, events: int) -> None:
    """Write the run log."""
    run_log = RunLog(directory)
    for number in range(events):
        sent = entry(number)
        run_log.sending(sent)
        run_log.done(attempt(sent, number))
    run_log.close()


def stored(events: int) -> Iterator[Stored]:
    """Yield what the table has: all but the throttled, the dead and one that was lost."""
    for number in range(events):
        sent = entry(number)
        throttled = sent.invocation == "sync" and number % 7 == 0
        if not throttled and number % 100 and number != 1:
            yield Stored(sent.event_id, sent.digest, sent.intended_at + 1)


def dead(events: int) -> Iterator[tuple[str, str]]:
    """Yield what the dead-letter queue has: every hundredth event."""
    for number in range(0, events, 100):
        yield entry(number).event_id, entry(number).digest


def megabytes() -> float:
    """Return this process's peak memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Reconcile, print, write build/bench/reconciliation.json."""
    parser = Parser(description=__doc__)
    parser.add_argument("--events", type=whole(1), default=1_000_000)
    events: int = parser.parse_args().events
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "run log"
        write(directory, events)
        before, began = megabytes(), time.monotonic()
        stage = Stage(events / RATE, RATE)
        run = Run(
            "r",
            "soak",
            1,
            RATE,
            stage.seconds,
            (stage,),
            ONCE,
            "local",
            "order_processor",
            "f",
            "production",
            1,
            0.0,
        )
        counted = figures.tally(run, log.attempts(directory))
        figures.percentiles(counted.latencies)
        figures.send_lag(counted, 0)
        figures.series(counted, None)
        with Buckets(directory) as buckets:
            buckets.sent(log.entries(directory), log.attempts(directory))
            buckets.found(stored(events), dead(events))
            counts = buckets.reconcile(settled=True).counts()
    found = {
        "schema": 1,
        "events": events,
        "seconds": round(time.monotonic() - began, 1),
        "peakMegabytes": round(megabytes(), 1),
        "megabytesBefore": round(before, 1),
        "counts": counts,
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


if __name__ == "__main__":
    closed_output.tolerate()
    main()
