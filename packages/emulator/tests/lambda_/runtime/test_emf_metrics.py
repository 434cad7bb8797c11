"""Metrics that a running function prints in the embedded metric format."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.observed import dimensions
from emulator.tests.running import wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

_names = itertools.count()


@pytest.fixture(scope="module")
def printer(emulator: RunningEmulator) -> str:
    """A function that prints what it is told to."""
    return emulator.deploy("def handler(event, context): print(event['line'])")


def line(metric: str, **changed: Any) -> dict[str, Any]:
    """An event of one metric; `changed` replaces members of its directive."""
    directive = {
        "Namespace": "Embedded",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
        **changed,
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": "orders",
        metric: [1, 2.5],
        "correlation": {"ignored": True},
    }


def put(emulator: RunningEmulator, name: str, event: object) -> None:
    """Print `event` from the function, as JSON unless it is a text."""
    text = event if isinstance(event, str) else json.dumps(event)
    assert emulator.invoke(name, {"line": text}).error is None


def sums(
    emulator: RunningEmulator, metric: str, namespace: str = "Embedded", **values: str
) -> list[float]:
    """The sums of a metric's periods."""
    now = datetime.now(UTC)
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=dimensions(**values),
        StartTime=now - timedelta(seconds=250),
        EndTime=now + timedelta(seconds=2),
        Period=86_400,
        Statistics=["Sum"],
    )["Datapoints"]
    return [point["Sum"] for point in points]


@pytest.mark.behaviour("M26", "M28", "M27")
def test_a_printed_object_becomes_metrics(emulator: RunningEmulator, printer: str) -> None:
    """Values and dimensions from the root, an array as several samples, one metric per set."""
    metric = f"Confirmed{next(_names)}"
    put(emulator, printer, line(metric, Dimensions=[["service"], []]))
    assert wait_until(lambda: sums(emulator, metric, service="orders")) == [3.5]
    assert sums(emulator, metric) == [3.5]


@pytest.mark.behaviour("M30", "M26")
def test_a_prefix_or_a_level_deeper_hides_the_metrics(
    emulator: RunningEmulator, printer: str
) -> None:
    """Only a whole line that is one object counts; the one after it shows that time has passed."""
    hidden, seen = f"Hidden{next(_names)}", f"Seen{next(_names)}"
    put(emulator, printer, "[INFO] " + json.dumps(line(hidden)))
    put(emulator, printer, {"message": json.dumps(line(hidden))})
    put(emulator, printer, line(seen))
    wait_until(lambda: sums(emulator, seen, service="orders"))
    assert sums(emulator, hidden, service="orders") == []


@pytest.mark.behaviour("M29", "M27", "M28")
@pytest.mark.parametrize(
    ("changed", "counted"),
    [
        ({"Metrics": [{"Name": "absent"}]}, "EMFValidationErrors"),
        ({"Metrics": [{"Name": "m"}] * 101}, "EMFValidationErrors"),
        ({"Dimensions": [["absent"]]}, "EMFValidationErrors"),
        ({"Dimensions": "service"}, "EMFParsingErrors"),
    ],
    ids=["no value", "101 metrics", "no dimension", "no list"],
)
def test_a_bad_line_is_counted(
    emulator: RunningEmulator, changed: dict[str, Any], counted: str
) -> None:
    """In AWS/Logs under its group; the line itself stays in the log."""
    name = emulator.deploy("def handler(event, context): print(event['line'])")
    put(emulator, name, line(f"Bad{next(_names)}", **changed))
    group = f"/aws/lambda/{name}"
    wait_until(lambda: sums(emulator, counted, "AWS/Logs", LogGroupName=group))
    found = emulator.client("logs").filter_log_events(logGroupName=group)["events"]
    assert any('"CloudWatchMetrics"' in event["message"] for event in found)
