"""From what the steps saw to the report and the series of its plots."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from load.run_log.log import camel
from reporting import fates
from reporting.charts import Mark

from rehearsal.outcome import judge
from rehearsal.report.model import (
    Alias,
    Artifact,
    Gate,
    Report,
    Run,
    Series,
    Shifts,
    Throttle,
    WeightStep,
)  # fmt: skip
from rehearsal.traffic_shift import measurement

if TYPE_CHECKING:
    from rehearsal.steps import Rehearsal

NAMED_VERSIONS = ("pulumi", "pulumi-aws", "awslambdaric", "boto3", "locust")


def report(rehearsal: Rehearsal) -> Report:
    """Return the report; parts that were not reached are None."""
    facts = rehearsal.facts
    outcome = judge(rehearsal)
    return Report(
        verdict=outcome.verdict,
        expected=outcome.expected,
        headline=outcome.headline,
        why=outcome.why,
        steps=tuple(rehearsal.journal.steps),
        run=_run(rehearsal),
        artifact=_artifact(facts.artifact) if facts.artifact else None,
        alias=_alias(rehearsal) if facts.alias_before else None,
        events=_events(facts.load) if facts.load else None,
        throttle=_throttle(facts.load) if facts.load else None,
        gate=_gate(facts.gate) if facts.gate else None,
        shifts=_shifts(rehearsal) if facts.shifts else None,
        rollback_seconds=facts.rollback_seconds,
    )


def series(rehearsal: Rehearsal) -> Series:
    """Return what the plots show, in seconds from the first intended arrival."""
    load = rehearsal.facts.load
    zero = load["run"]["startedAt"] if load else rehearsal.started
    points = load.get("series", [])
    history = rehearsal.watcher.history if rehearsal.watcher is not None else []
    band = load.get("throttle", {}).get("predictedInterval")
    return Series(
        offered=[(p["second"], p["attempts"]) for p in points],
        served=[(p["second"], p["served"]) for p in points],
        throttled=[(p["second"], p["throttled"]) for p in points],
        throttle_share=[
            (p["second"], p["throttled"] / p["attempts"]) for p in points if p["attempts"]
        ],
        predicted_share=[(p["second"], p["predictedShare"]) for p in points] if band else [],
        latency_p50=[(p["second"], p["p50"]) for p in points if p["p50"] is not None],
        latency_p99=[(p["second"], p["p99"]) for p in points if p["p99"] is not None],
        concurrency=[(p["second"], p["maximum"]) for p in load.get("concurrency", [])],
        let_in=[(p["second"] + 0.5, p["offered"] - p["throttled"]) for p in points],
        slot_seconds=load["slotTime"]["mean"] if load and load["slotTime"] else None,
        reserved_concurrency=rehearsal.stack.outputs.get("reservedConcurrency"),
        alias_weights=[WeightStep(at - zero, state.shares()) for at, state in history],
        marks=[Mark(at - zero, what) for at, what in rehearsal.facts.marks],
    )


def _run(rehearsal: Rehearsal) -> Run:
    settings = rehearsal.settings
    fault = f" -- --fault {settings.fault}" if settings.fault else ""
    names = {"python": platform.python_version()} | {n: version(n) for n in NAMED_VERSIONS}
    return Run(
        command=f"nox -s rehearse{fault}",
        seed=settings.seed,
        time_scale=settings.time_scale,
        maximum_error_share=settings.maximum_error_share,
        added_latency_ms={"dynamodb": settings.storage_latency_ms},
        reserved_concurrency=int(rehearsal.stack.outputs.get("reservedConcurrency", 0)),
        machine=f"{platform.machine()}, {os.cpu_count()} cores",
        versions=names,
        started_at=datetime.fromtimestamp(rehearsal.started, UTC).isoformat(timespec="seconds"),
        seconds=round(time.time() - rehearsal.started, 1),
        fault=settings.fault,
        injected=settings.injected,
        peak_rate=settings.peak_rate,
    )


def _artifact(manifest: dict[str, Any]) -> Artifact:
    commit = manifest.get("git", {}).get("commit")
    return Artifact(manifest["sha256"], manifest["bytes"], manifest["runtime"], commit)


def _alias(rehearsal: Rehearsal) -> Alias:
    facts, watcher = rehearsal.facts, rehearsal.watcher
    states = [state for _, state in watcher.history] if watcher is not None else []
    weights = dict(next((state.weights for state in states if state.weights), ()))
    canary = next(iter(weights), None)
    return Alias(
        before=facts.alias_before,
        canary=canary,
        after=facts.alias_after or facts.alias_before,
        canary_weight=weights.get(canary) if canary else None,
        name=rehearsal.stack.alias_name,
    )


def _shifts(rehearsal: Rehearsal) -> Shifts:
    costs, zero = rehearsal.facts.shifts, rehearsal.facts.load["run"]["startedAt"]
    mean = measurement.together(costs)
    return Shifts(
        budget=measurement.BUDGET,
        window_seconds=measurement.WINDOW_SECONDS,
        verdict=measurement.judge(costs, zero)[0],
        raised=mean.raised if mean else None,
        low=mean.low if mean else None,
        high=mean.high if mean else None,
        moves=[_move(cost, zero) for cost in costs],
    )


def _move(cost: measurement.ShiftCost, zero: float) -> dict[str, Any]:
    bounds = {"raised": cost.rise.raised, "low": cost.rise.low, "high": cost.rise.high}
    move = {camel(field.name): getattr(cost, field.name) for field in fields(cost)}
    del move["at"], move["rise"]
    return {"second": round(cost.at - zero, 2), **move, **bounds}


def _events(load: dict[str, Any]) -> dict[str, int]:
    return {key: load["events"][key] for key in ("sent", *(key for key, _, _ in fates.ROWS))}


def _throttle(load: dict[str, Any]) -> Throttle:
    seen = load["throttle"]
    low, high = seen["predictedInterval"] or (None, None)
    return Throttle(
        attempts=seen["attempts"],
        throttled=seen["throttled"],
        share=seen["share"],
        predicted_share=seen["predictedShare"],
        predicted_low=low,
        predicted_high=high,
        slot_seconds=load["slotTime"]["mean"] if load["slotTime"] else None,
        reasons=seen["byReason"],
    )


def _gate(result: dict[str, Any]) -> Gate:
    return Gate(
        decision=result["decision"],
        samples=result.get("samples") or 0,
        alarms=result.get("alarms", []),
        minimum_samples=result.get("minimumSamples"),
        reason="; ".join(result.get("reasons", [])),
    )
