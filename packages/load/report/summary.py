"""The report on a finished run: reconciles, measures, judges, and writes summary.json."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from service import probes

from load.aws import Aws, Outputs
from load.report import backlog, figures, next_command, prediction
from load.report.backlog import Flow
from load.report.prediction import Predictions
from load.report.telemetry import Point, SlotTime, Telemetry
from load.report.verdict import Measured, decide
from load.run_log import log
from load.run_log.buckets import Buckets
from load.run_log.evidence import DeadLetterQueue, EventsTable, NoTable
from load.run_log.log import Run, camel
from load.run_log.settle import Patience, settle
from load.thresholds import Thresholds, thresholds_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service.declaration import Service

    from load.report.figures import Tally
    from load.run_log.reconcile import Reconciliation

SUMMARY = "summary.json"
NOT_VERIFIED = (
    "The service has no table: a confirmation is taken at its word, and of an asynchronous event "
    "only that it did not reach the DLQ; whether an event took effect twice cannot be verified."
)


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
    directory: Path, outputs: Outputs, patience: Patience, thresholds: Path
) -> dict[str, Any]:
    """Judge the run in `directory`, write its summary there and return it. Raises UsageError."""
    run = log.run(directory)
    limits = thresholds_of(run.scenario, thresholds)
    counted = figures.tally(run, log.attempts(directory))
    aws = Aws()
    table = _table(aws, outputs)
    event_id = probes.load(outputs.service).event_id
    queue = DeadLetterQueue(aws.client("sqs"), outputs.dead_letter_queue, event_id)
    flow = Flow(run.started_at)
    try:
        with Buckets(directory, tabled=outputs.table is not None) as buckets:
            buckets.sent(log.entries(directory), log.attempts(directory))
            settled, waited = settle(buckets, table, queue, patience)
            reconciled = buckets.reconcile(settled=settled, see=flow.see)
        telemetry = _telemetry(aws, outputs, run, counted)
        seen = Evidence(
            run, counted, reconciled, flow, telemetry.slot_time(), telemetry.concurrency()
        )
        summary = summarise(seen, outputs.service, limits, directory)
        summary["waitedSeconds"] = round(waited, 3)
        log.write(directory / SUMMARY, summary)
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {directory}: {error.strerror}."
        ) from error
    return summary


def _table(aws: Aws, outputs: Outputs) -> EventsTable | NoTable:
    declared = outputs.service.table
    if declared is None or outputs.table is None:
        return NoTable()
    return EventsTable(aws.client("dynamodb"), outputs.table, declared)


def _telemetry(aws: Aws, outputs: Outputs, run: Run, counted: Tally) -> Telemetry:
    # The last period's point carries its start; a second more keeps it inside.
    return Telemetry(
        aws.client("logs"),
        aws.client("cloudwatch"),
        outputs.function,
        outputs.log_group,
        (run.started_at, min((counted.last_done_at or run.started_at) + 1, time.time())),
    )


def summarise(
    seen: Evidence, service: Service, limits: Thresholds, run_log: Path
) -> dict[str, Any]:
    """Return the report as JSON values; times are milliseconds unless a name says otherwise."""
    run, counted, slot = seen.run, seen.counted, seen.slot
    expected = Predictions(run, counted, run.retries, slot) if slot else None
    seconds = expected.middle.seconds if expected else None
    queued = backlog.figures(run, seen.flow, counted.asynchronous_share, slot)
    summary = {
        "schema": 1,
        "thresholds": {camel(name): value for name, value in asdict(limits).items()},
        "run": _described(run, counted),
        "service": service.title,
        "notVerified": None if service.table else NOT_VERIFIED,
        "events": seen.reconciled.counts(),
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
        "remedy": verdict.remedy and next_command.sentence(verdict.remedy, run, run_log),
        **summary,
    }


def _described(run: Run, counted: Tally) -> dict[str, Any]:
    cpu, attempts = run.cpu_seconds, counted.attempts
    return {
        **log.record(run),
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
