"""`python -m bench.load.reconciliation`: a million orders from ledger to fates, in what memory.

The ledger is a real one; table and dead-letter queue are stand-ins that hold what they should.
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console import closed_output
from console.arguments import Parser
from console.checkout import ROOT

from load.report import figures
from load.run_log import log as ledger
from load.run_log.buckets import Sorted
from load.run_log.evidence import Stored
from load.run_log.log import Attempt, Entry, Ledger, Run
from load.scenarios import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.run_log.classify import Outcome
    from load.send.events import Invocation

RATE: Final = 1_000.0
OUT: Final = ROOT / "build/bench/reconciliation.json"


def entry(number: int) -> Entry:
    """Return one of the orders: one in ten is asynchronous."""
    way: Invocation = "async" if number % 10 == 0 else "sync"
    return Entry(
        f"20260101T000000000-1-{number:07d}", f"{number:064x}", "order", way, number / RATE
    )


def attempt(sent: Entry, number: int) -> Attempt:
    """Return what it came to: one synchronous order in seven is throttled."""
    outcome: Outcome = (
        "accepted"
        if sent.invocation == "async"
        else "throttled"
        if number % 7 == 0
        else "confirmed"
    )
    at = sent.intended_at
    return Attempt(
        sent.order_id, "order", sent.invocation, at, at + 0.001, at + 0.05, outcome,
        "ReservedFunctionConcurrentInvocationLimitExceeded" if outcome == "throttled" else None,
        429 if outcome == "throttled" else 200, "1", f"{number:036d}",
        sent.digest if outcome == "confirmed" else None, at,
    )  # fmt: skip


def write(directory: Path, orders: int) -> None:
    """Write the ledger."""
    books = Ledger(directory)
    for number in range(orders):
        sent = entry(number)
        books.sending(sent)
        books.done(attempt(sent, number))
    books.close()


def stored(orders: int) -> Iterator[Stored]:
    """Yield what the table has: all but the throttled, the dead and one that was lost."""
    for number in range(orders):
        sent = entry(number)
        throttled = sent.invocation == "sync" and number % 7 == 0
        if not throttled and number % 100 and number != 1:
            yield Stored(sent.order_id, sent.digest, sent.intended_at + 1)


def dead(orders: int) -> Iterator[tuple[str, str]]:
    """Yield what the dead-letter queue has: every hundredth order."""
    for number in range(0, orders, 100):
        yield entry(number).order_id, entry(number).digest


def megabytes() -> float:
    """Return this process's peak memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Reconcile, print, write build/bench/reconciliation.json."""
    parser = Parser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    orders: int = parser.parse_args().orders
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "ledger"
        write(directory, orders)
        before, began = megabytes(), time.monotonic()
        stage = Stage(orders / RATE, RATE)
        run = Run("r", "soak", 1, RATE, stage.seconds, (stage,), "f", "production", 1, 0.0)
        counted = figures.tally(run, ledger.attempts(directory))
        figures.percentiles(counted.latencies)
        figures.send_lag(counted, 0)
        figures.series(counted, None)
        with Sorted(directory) as books:
            books.sent(ledger.entries(directory), ledger.attempts(directory))
            books.found(stored(orders), dead(orders))
            counts = books.reconcile(settled=True).counts()
    found = {
        "schema": 1,
        "orders": orders,
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
