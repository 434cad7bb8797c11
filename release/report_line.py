"""The REPORT line that Lambda writes after an invocation."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_FIGURE = re.compile(r"(Memory Size|Max Memory Used|Init Duration): ([0-9.]+) (?:MB|ms)")


@dataclass(frozen=True, slots=True)
class Report:
    """Memory in MB; `init_ms` is how long the environment took to start, None if it was warm."""

    memory_mb: float
    memory_limit_mb: float
    init_ms: float | None = None


def parse_report(log_result: str) -> Report | None:
    """The last REPORT line in the base64 of a log's end; None if there is none.

    Its form: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    try:
        log = base64.b64decode(log_result, validate=True).decode(errors="replace")
    except binascii.Error:
        return None
    reports = [line for line in log.splitlines() if line.startswith("REPORT ")]
    if not reports:
        return None
    figures = {name: float(value) for name, value in _FIGURE.findall(reports[-1])}
    if not {"Memory Size", "Max Memory Used"} <= figures.keys():
        return None
    return Report(figures["Max Memory Used"], figures["Memory Size"], figures.get("Init Duration"))
