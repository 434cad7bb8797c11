"""What AWS measured of the run: slot times from the logs, concurrency from the metrics."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, Literal

from load.aws import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from types_boto3_logs import CloudWatchLogsClient

_REPORT: Final = re.compile(r"REPORT RequestId: \S+\s+Duration: ([\d.]+) ms")
_START: Final = re.compile(r"(?<!Billed )(?:Init|Restore) Duration: ([\d.]+) ms")
_REPORTS: Final = ("REPORT", '"platform.report"')
"""CloudWatch Logs' pattern for a report as text, and as JSON; a function writes one of the two."""
_PERIOD: Final = 60


@dataclass(frozen=True, slots=True)
class SlotTime:
    """How long an invocation holds its slot, init included: mean and standard error in seconds."""

    mean: float
    error: float
    samples: int
    source: Literal["logs", "metric"]


@dataclass(frozen=True, slots=True)
class Point:
    """A metric's value at a time in epoch seconds."""

    at: float
    value: float


def slot_seconds(message: str) -> float | None:
    """Return the slot time (s) that a log line reports, or None when it is no report.

    Line: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, in JSON
    https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
    """
    if '"platform.report"' in message:
        return _slot_seconds_of_json(message)
    report = _REPORT.search(message)
    if report is None:
        return None
    start = _START.search(message)
    return (float(report[1]) + (float(start[1]) if start else 0.0)) / 1000


def _slot_seconds_of_json(message: str) -> float | None:
    try:
        event = json.loads(message)
        if event["type"] != "platform.report":
            return None
        metrics = event["record"]["metrics"]
        starts = (metrics.get("initDurationMs", 0.0), metrics.get("restoreDurationMs", 0.0))
        return float(metrics["durationMs"] + sum(starts)) / 1000
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # the function's own line, which quotes the words


def slot_time(messages: Iterable[str]) -> SlotTime | None:
    """Return the mean slot time over a run's log lines, or None when none reports one."""
    count, mean, squares = 0, 0.0, 0.0
    for seconds in map(slot_seconds, messages):
        if seconds is not None:
            # A sum that keeps its digits over millions of lines, none of which is kept (Welford).
            count += 1
            step = seconds - mean
            mean += step / count
            squares += step * (seconds - mean)
    if not count:
        return None
    error = (squares / (count - 1) / count) ** 0.5 if count > 1 else 0.0
    return SlotTime(mean, error, count, "logs")


class Telemetry:
    """CloudWatch and its logs for one function between two times (epoch seconds)."""

    def __init__(
        self,
        logs: CloudWatchLogsClient,
        metrics: CloudWatchClient,
        function: str,
        log_group: str,
        between: tuple[float, float],
    ) -> None:
        self._logs = logs
        self._metrics = metrics
        self._function = function
        self._group = log_group
        self._from, self._to = between

    def slot_time(self) -> SlotTime | None:
        """Return the run's slot time, from REPORT lines or else the Duration metric.

        Raises UsageError.
        """
        with translated("reading the run's log lines"):
            found = (slot_time(self._messages(pattern)) for pattern in _REPORTS)
            return next(filter(None, found), None) or self._average_duration()

    def concurrency(self) -> list[Point]:
        """Return the most concurrent executions of each period, by time. Raises UsageError."""
        with translated("reading the concurrency"):
            return self._points("ConcurrentExecutions", "Maximum")

    def _messages(self, pattern: str) -> Iterator[str]:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group,
            startTime=int(self._from * 1000),
            endTime=int(self._to * 1000) + 1,
            filterPattern=pattern,
        )
        try:
            for page in pages:
                yield from (event["message"] for event in page["events"])
        except self._logs.exceptions.ResourceNotFoundException:
            return  # no log group yet: nothing ever ran, or logging is not permitted

    def _average_duration(self) -> SlotTime | None:
        points = self._points("Duration", "Average")
        if not points:
            return None
        return SlotTime(fmean(point.value for point in points) / 1000, 0.0, len(points), "metric")

    def _points(self, name: str, statistic: str) -> list[Point]:
        query: MetricDataQueryTypeDef = {
            "Id": "m",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": self._function}],
                },
                "Period": _PERIOD,
                "Stat": statistic,
            },
        }
        pages = self._metrics.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[query],
            StartTime=_time(self._from),
            EndTime=_time(self._to),
            ScanBy="TimestampAscending",
        )
        return [point for page in pages for point in _read(page["MetricDataResults"])]


def _read(results: Any) -> list[Point]:
    return [
        Point(at.timestamp(), value)
        for result in results
        for at, value in zip(result["Timestamps"], result["Values"], strict=True)
    ]


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
