"""What Lambda reports after an invocation: the REPORT line, or in JSON `platform.report`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIGURE = re.compile(
    r"(Memory Size|Max Memory Used|(?<!Billed )(?:Init|Restore) Duration): ([0-9.]+) "
)
_STARTS = ("Init Duration", "Restore Duration", "initDurationMs", "restoreDurationMs")


@dataclass(frozen=True, slots=True)
class Report:
    """Memory in MB; `init_ms` is how long the environment took to start, from a snapshot or not,
    None if it was warm."""

    memory_mb: float
    memory_limit_mb: float
    init_ms: float | None = None


def decoded_log(log_result: str) -> str:
    """The end of a log out of its base64; empty where there is none."""
    try:
        return base64.b64decode(log_result, validate=True).decode(errors="replace")
    except binascii.Error:
        return ""


def parse_report(log: str) -> Report | None:
    """The last report in a log's end; None if there is none.

    Its form: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, in JSON
    https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
    """
    for line in reversed(log.splitlines()):
        if line.startswith("REPORT "):
            figures = {name: float(value) for name, value in _FIGURE.findall(line)}
            return _report(figures, "Max Memory Used", "Memory Size")
        if '"platform.report"' in line:
            return _report(_metrics(line), "maxMemoryUsedMB", "memorySizeMB")
    return None


def _report(figures: Mapping[str, float], used: str, limit: str) -> Report | None:
    if not {used, limit} <= figures.keys():
        return None
    started = [figures[name] for name in _STARTS if name in figures]
    return Report(figures[used], figures[limit], started[0] if started else None)


def _metrics(line: str) -> dict[str, float]:
    try:
        return {name: float(value) for name, value in json.loads(line)["record"]["metrics"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
