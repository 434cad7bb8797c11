"""The platform's own log lines, as text or as JSON events."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from emulator.lambda_.runtime.outcome import FAILURE, SUCCESS, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.lambda_.runtime.outcome import Ending
    from emulator.lambda_.state.model import Version


@dataclass(frozen=True, slots=True)
class Figures:
    """What a report says; `init_ms` None where no init phase belonged to the attempt."""

    duration_ms: float
    init_ms: float | None
    memory_mb: int


_LEVELS = {"DEBUG": 0, "INFO": 1, "WARN": 2}
_APPLICATION_LEVELS = {"TRACE": 0, "DEBUG": 1, "INFO": 2, "WARN": 3, "WARNING": 3, "ERROR": 4}
_APPLICATION_LEVELS |= {"FATAL": 5, "CRITICAL": 5}


def stream_name(version: Version, unique: str, now: float) -> str:
    """`YYYY/MM/DD/[version]<32 hex>`, with the function's name where the group is shared.

    Source: Lambda Developer Guide, monitoring-cloudwatchlogs and -loggroups.
    """
    day = datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")
    default = f"/aws/lambda/{version.function_name}"
    owner = "" if version.log_group == default else version.function_name
    return f"{day}/{owner}[{version.version}]{unique}"


def init_start(version: Version, region: str) -> str | None:
    """The line that opens an environment (Developer Guide, runtimes-update)."""
    if version.log_format == "JSON":
        names = {
            "runtimeVersion": _runtime_label(version.runtime),
            "functionName": version.function_name,
            "functionVersion": version.version,
        }
        return _event(version, "platform.initStart", "INFO", _init(version, "init") | names)
    label, opened = _runtime_label(version.runtime), _opened(version)
    arn = f"arn:aws:lambda:{region}::runtime:{'0' * 64}"
    return f"{opened}_START Runtime Version: {label}\tRuntime Version ARN: {arn}"


def init_report(
    version: Version, duration_ms: float, phase: str, failed: Ending | None
) -> str | None:
    """The report of an init that failed or ran out of time; in JSON, of any."""
    if version.log_format == "JSON":
        record = {
            **_init(version, phase),
            **_ended(failed),
            "metrics": {"durationMs": round(duration_ms, 3)},
        }
        return _event(version, "platform.initReport", "DEBUG", record)
    if failed is None:
        return None
    line = f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}\t"
    if failed.status == TIMEOUT:
        return line + "Status: timeout"
    return line + f"Status: error\tError Type: {failed.error_type}"


def passes(version: Version, line: str) -> bool:
    """Whether a line that a function printed by itself passes its application log level.

    Levels hold in JSON format only, and a line without one counts as INFO (Developer Guide,
    monitoring-cloudwatchlogs-log-level). What goes through `logging` the runtime has judged.
    """
    least = _APPLICATION_LEVELS.get(version.application_log_level or "", 0)
    if version.log_format != "JSON" or not least:
        return True
    level: object = None
    if line.startswith("{"):
        with contextlib.suppress(ValueError, AttributeError, RecursionError):
            level = json.loads(line).get("level")
    default = _APPLICATION_LEVELS["INFO"]
    return _APPLICATION_LEVELS.get(str(level).upper(), default) >= least


def init_done(version: Version, phase: str, failed: Ending | None) -> str | None:
    """`platform.initRuntimeDone`; text has no such line."""
    if version.log_format != "JSON":
        return None
    record = _init(version, phase) | _ended(failed)
    return _event(version, "platform.initRuntimeDone", "WARN" if failed else "DEBUG", record)


def start(version: Version, request_id: str, trace_header: str) -> str | None:
    """The line before an attempt (Developer Guide, python-logging, telemetry-schema-reference)."""
    if version.log_format == "JSON":
        record: dict[str, object] = {"requestId": request_id, "version": version.version}
        if trace_header.endswith("Sampled=1"):
            record["tracing"] = {"type": "X-Amzn-Trace-Id", "value": trace_header}
        return _event(version, "platform.start", "INFO", record)
    return f"START RequestId: {request_id} Version: {version.version}"


def end(version: Version, request_id: str, ending: Ending, duration_ms: float) -> str | None:
    """The line after an attempt: END, in JSON `platform.runtimeDone`."""
    if version.log_format == "JSON":
        record = {
            "requestId": request_id,
            **_ended(ending),
            "metrics": {"durationMs": round(duration_ms, 3)},
        }
        return _event(version, "platform.runtimeDone", _done_level(ending, "DEBUG"), record)
    return f"END RequestId: {request_id}"


def report(
    version: Version, request_id: str, ending: Ending, figures: Figures, trace_header: str
) -> str | None:
    """The figures of an attempt; billed time is init plus run, rounded up to a millisecond.

    What a snapshot's restoring took is billed by itself.
    """
    init_ms = 0.0 if version.restored else figures.init_ms or 0.0
    billed = math.ceil(figures.duration_ms + init_ms)
    if version.log_format == "JSON":
        return _report_event(version, request_id, ending, figures, billed)
    line = (
        f"REPORT RequestId: {request_id}\tDuration: {figures.duration_ms:.2f} ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {version.memory_mb} MB\t"
        f"Max Memory Used: {figures.memory_mb} MB\t"
    )
    if figures.init_ms is not None:
        line += f"{_opened(version).capitalize()} Duration: {figures.init_ms:.2f} ms\t"
        if version.restored:
            line += f"Billed Restore Duration: {math.ceil(figures.init_ms)} ms\t"
    return line + _status(ending) + _traced(trace_header)


def _report_event(
    version: Version, request_id: str, ending: Ending, figures: Figures, billed: int
) -> str | None:
    metrics: dict[str, object] = {
        "durationMs": round(figures.duration_ms, 3),
        "billedDurationMs": billed,
        "memorySizeMB": version.memory_mb,
        "maxMemoryUsedMB": figures.memory_mb,
    }
    if figures.init_ms is not None:
        metrics[f"{_opened(version).lower()}DurationMs"] = round(figures.init_ms, 3)
        if version.restored:
            metrics["billedRestoreDurationMs"] = math.ceil(figures.init_ms)
    record = {"requestId": request_id, **_ended(ending), "metrics": metrics}
    return _event(version, "platform.report", _done_level(ending, "INFO"), record)


def _opened(version: Version) -> str:
    """How an environment begins: what is initialised is restored where there is a snapshot."""
    return "RESTORE" if version.restored else "INIT"


def _init(version: Version, phase: str) -> dict[str, object]:
    kind = "snap-start" if version.restored else "on-demand"
    return {"initializationType": kind, "phase": phase}


def _ended(ending: Ending | None) -> dict[str, object]:
    """Status and, where there is one, error type; None: nothing went wrong."""
    status = {"status": ending.status if ending else SUCCESS}
    error_type = ending.error_type if ending else None
    return {**status, "errorType": error_type} if error_type else {**status}


def _status(ending: Ending) -> str:
    if ending.status in {SUCCESS, FAILURE}:
        return ""
    if ending.status == TIMEOUT:
        return "Status: timeout\t"
    return f"Status: error\tError Type: {ending.error_type}\t"


def _traced(trace_header: str) -> str:
    if not trace_header.endswith("Sampled=1"):
        return ""
    fields = dict(part.split("=", 1) for part in trace_header.split(";"))
    return f"\nXRAY TraceId: {fields['Root']}\tSegmentId: {fields['Parent']}\tSampled: true\t"


def _done_level(ending: Ending, otherwise: str) -> str:
    return otherwise if ending.status == SUCCESS else "WARN"


def _event(version: Version, kind: str, level: str, record: Mapping[str, object]) -> str | None:
    """One JSON event, or None below the function's system level (Developer Guide, log levels)."""
    if _LEVELS[level] < _LEVELS[version.system_log_level or "INFO"]:
        return None
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "type": kind, "record": record})


def _runtime_label(runtime: str) -> str:
    return f"{runtime.replace('python', 'python:')}.v1"
