"""The report on a finished run: reconciles, measures, judges, and writes summary.json."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from loadtest import figures, ledger
from loadtest.drain import Patience, drain
from loadtest.evidence import DeadLetters, OrdersTable
from loadtest.ledger import Attempt, Run, camel
from loadtest.reconcile import Reconciliation, books, reconcile
from loadtest.target import Aws, Outputs
from loadtest.telemetry import Point, SlotTime, Telemetry
from loadtest.thresholds import Thresholds, load_thresholds
from loadtest.verdict import Measured, Verdict, decide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUMMARY = "summary.json"


def report(directory: Path, outputs: Outputs, patience: Patience) -> dict[str, Any]:
    """Judge the run in `directory`, write its summary there and return it. Raises UsageError."""
    run = ledger.run(directory)
    limits = load_thresholds()[run.scenario]
    attempts = list(ledger.attempts(directory))
    orders = books(ledger.entries(directory), attempts)
    aws = Aws()
    table = OrdersTable(aws.client("dynamodb"), outputs.table)
    queue = DeadLetters(aws.client("sqs"), outputs.dead_letter_queue)
    found, waited = drain(orders, table, queue, patience)
    telemetry = _telemetry(aws, outputs, run, attempts)
    summary = summarise(
        run,
        attempts,
        reconcile(orders, found),
        telemetry.slot_time(),
        telemetry.concurrency(),
        limits,
    )
    summary["drainSeconds"] = round(waited, 3)
    (directory / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def _telemetry(aws: Aws, outputs: Outputs, run: Run, attempts: Sequence[Attempt]) -> Telemetry:
    last = max((attempt.done_at for attempt in attempts), default=run.started_at)
    # The last period's point carries its start; a second more keeps it inside.
    return Telemetry(
        aws.client("logs"),
        aws.client("cloudwatch"),
        outputs.function,
        outputs.log_group,
        (run.started_at, min(last + 1, time.time())),
    )


def summarise(
    run: Run,
    attempts: Sequence[Attempt],
    reconciled: Reconciliation,
    slot: SlotTime | None,
    concurrency: Sequence[Point],
    limits: Thresholds,
) -> dict[str, Any]:
    """Return the report as JSON values; times are milliseconds unless a name says otherwise."""
    bins = figures.seconds(run, attempts)
    throttle = figures.throttle(run, attempts, bins, slot)
    latency = figures.latency(attempts)
    lag = figures.send_lag_p99_ms(attempts)
    verdict = decide(_measured(run, attempts, reconciled, throttle, latency["p99"], lag), limits)
    return {
        "schema": 1,
        **_verdict(verdict),
        "thresholds": {camel(name): value for name, value in asdict(limits).items()},
        "run": _described(run, attempts),
        "orders": reconciled.counts(),
        "lostIds": list(reconciled.lost_ids[:20]),
        "throttle": throttle,
        "slotTime": asdict(slot) if slot else None,
        "latency": latency,
        "sendLag": {"p99": lag},
        "series": figures.series(bins, figures.predictions(run, attempts, slot)),
        "concurrency": [
            {"second": round(point.at - run.started_at, 3), "maximum": point.value}
            for point in concurrency
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"verdict": verdict.decision, "reasons": list(verdict.reasons)}


def _described(run: Run, attempts: Sequence[Attempt]) -> dict[str, Any]:
    cpu = run.cpu_seconds
    return {
        **ledger.record(run),
        "attempts": len(attempts),
        "cpuMsPerAttempt": cpu * 1000 / len(attempts) if cpu is not None and attempts else None,
    }


def _measured(
    run: Run,
    attempts: Sequence[Attempt],
    reconciled: Reconciliation,
    throttle: dict[str, Any],
    p99: float | None,
    lag: float | None,
) -> Measured:
    return Measured(
        sent_all=run.sent_all,
        attempts=len(attempts),
        served=sum(map(figures.served, attempts)),
        errors=sum(map(figures.erroneous, attempts)),
        throttle_share=throttle["share"],
        p99_ms=p99,
        send_lag_p99_ms=lag,
        lost=reconciled.fates.get("lost", 0),
        duplicated=reconciled.duplicated,
        unverified=reconciled.fates.get("unverified", 0),
    )
