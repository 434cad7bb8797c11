"""The report on a finished run: reconciles, measures, judges, and writes summary.json."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console.errors import UsageError

from load.aws import Aws, Outputs
from load.model import backlog, prediction
from load.model.backlog import Flow
from load.model.prediction import Predictions
from load.report import figures
from load.report import next_command as remedy
from load.report.telemetry import Point, SlotTime, Telemetry
from load.report.verdict import Measured, decide
from load.run_log import log as ledger
from load.run_log.buckets import Sorted
from load.run_log.evidence import DeadLetters, OrdersTable
from load.run_log.log import Run, camel
from load.run_log.settle import Patience, drain
from load.scenarios import SCENARIOS
from load.thresholds import Thresholds, thresholds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from load.report.figures import Tally
    from load.run_log.reconcile import Reconciliation

SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of a run."""

    run: Run
    counted: Tally
    reconciled: Reconciliation
    flow: Flow
    slot: SlotTime | None
    concurrency: Sequence[Point]


def report(
    directory: Path, outputs: Outputs, patience: Patience, thresholds: Path | None = None
) -> dict[str, Any]:
    """Judge the run in `directory`, write its summary there and return it. Raises UsageError."""
    run = ledger.run(directory)
    if run.scenario not in SCENARIOS:
        raise UsageError(f"{directory} holds a run of the unknown scenario '{run.scenario}'.")
    limits = thresholds_of(run.scenario, thresholds)
    counted = figures.tally(run, ledger.attempts(directory))
    aws = Aws()
    table = OrdersTable(aws.client("dynamodb"), outputs.table)
    queue = DeadLetters(aws.client("sqs"), outputs.dead_letter_queue)
    flow = Flow(run.started_at)
    try:
        with Sorted(directory) as books:
            books.sent(ledger.entries(directory), ledger.attempts(directory))
            settled, waited = drain(books, table, queue, patience)
            reconciled = books.reconcile(settled=settled, see=flow.see)
        telemetry = _telemetry(aws, outputs, run, counted)
        seen = Evidence(
            run, counted, reconciled, flow, telemetry.slot_time(), telemetry.concurrency()
        )
        summary = summarise(seen, limits, directory)
        summary["waitedSeconds"] = round(waited, 3)
        ledger.write(directory / SUMMARY, summary)
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {directory}: {error.strerror}."
        ) from error
    return summary


def _telemetry(aws: Aws, outputs: Outputs, run: Run, counted: Tally) -> Telemetry:
    # The last period's point carries its start; a second more keeps it inside.
    return Telemetry(
        aws.client("logs"),
        aws.client("cloudwatch"),
        outputs.function,
        outputs.log_group,
        (run.started_at, min((counted.last_done_at or run.started_at) + 1, time.time())),
    )


def summarise(seen: Evidence, limits: Thresholds, ledger: Path) -> dict[str, Any]:
    """Return the report as JSON values; times are milliseconds unless a name says otherwise."""
    run, counted, slot = seen.run, seen.counted, seen.slot
    retries = SCENARIOS[run.scenario].retries
    expected = Predictions(run, counted, retries, slot) if slot else None
    seconds = expected.middle.seconds if expected else None
    queued = backlog.figures(run, seen.flow, counted.asynchronous_share, slot)
    summary = {
        "schema": 1,
        "thresholds": {camel(name): value for name, value in asdict(limits).items()},
        "run": _described(run, counted),
        "orders": seen.reconciled.counts(),
        "lostIds": list(seen.reconciled.lost_ids[:20]),
        "attempts": figures.outcomes(counted),
        "errors": dict(counted.errors.most_common(20)),
        "throttle": prediction.throttle(counted, expected),
        "stages": prediction.stages(run, counted, expected),
        "slotTime": asdict(slot) if slot else None,
        "latency": figures.percentiles(counted.latencies),
        "confirmation": figures.percentiles(counted.confirmations),
        "sendLag": figures.send_lag(counted, run.backlog),
        "recoverySeconds": prediction.recovery_seconds(run, counted, seconds),
        "drainSeconds": queued["drainSeconds"],
        "backlog": queued,
        "series": figures.series(counted, seconds),
        "concurrency": [
            {"second": round(point.at - run.started_at, 3), "maximum": point.value}
            for point in seen.concurrency
        ],
    }
    verdict = decide(_measured(seen, summary), limits)
    return {
        "verdict": verdict.decision,
        "reasons": list(verdict.reasons),
        "remedy": verdict.remedy and remedy.sentence(verdict.remedy, run, ledger),
        **summary,
    }


def _described(run: Run, counted: Tally) -> dict[str, Any]:
    cpu, attempts = run.cpu_seconds, counted.attempts
    return {
        **ledger.record(run),
        "attempts": attempts,
        "cpuMsPerAttempt": cpu * 1000 / attempts if cpu is not None and attempts else None,
    }


def _measured(seen: Evidence, summary: dict[str, Any]) -> Measured:
    run, counted, fates = seen.run, seen.counted, seen.reconciled.fates
    latency = summary["latency"]
    return Measured(
        sent_all=run.sent_all,
        attempts=counted.attempts,
        served=counted.served,
        errors=counted.erroneous,
        throttle_share=summary["throttle"]["share"],
        p50_ms=latency["p50"],
        p95_ms=latency["p95"],
        p99_ms=latency["p99"],
        recovery_seconds=summary["recoverySeconds"],
        drain_seconds=summary["drainSeconds"],
        send_lag_p99_ms=summary["sendLag"]["p99"],
        cpu_share=run.cpu_share,
        workers_lost=run.workers - run.workers_ended,
        lost=fates.get("lost", 0),
        duplicated=seen.reconciled.duplicated,
        unverified=fates.get("unverified", 0),
    )
