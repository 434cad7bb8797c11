"""What can be seen of a running emulator from outside: queues, log events, metrics."""

from __future__ import annotations

import base64
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.tests.running import wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

_names = itertools.count()


def queue(emulator: RunningEmulator, prefix: str = "queue") -> tuple[str, str]:
    """A new queue's URL and ARN."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"{prefix}-{next(_names)}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def receive(emulator: RunningEmulator, url: str) -> dict[str, Any]:
    """The next message with all its attributes, taken from the queue."""
    sqs = emulator.client("sqs")

    def message() -> dict[str, Any] | None:
        found = sqs.receive_message(
            QueueUrl=url,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
            WaitTimeSeconds=1,
        ).get("Messages", [])
        return found[0] if found else None

    received: dict[str, Any] = wait_until(message)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    return received


def messages(emulator: RunningEmulator, name: str, start: str = "") -> list[str]:
    """The log events of a function that begin with `start`, without their line feeds."""
    logs = emulator.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [e["message"].rstrip("\n") for e in events if e["message"].startswith(start)]


def at_least(found: list[str], count: int) -> list[str]:
    """`found` once it is long enough, else nothing."""
    return found if len(found) >= count else []


def tail(log: str | None) -> str:
    """The text of a reply's `LogResult`."""
    assert log is not None
    return base64.b64decode(log).decode()


def dimensions(**values: str) -> list[dict[str, str]]:
    """Dimensions as CloudWatch takes them."""
    return [{"Name": name, "Value": value} for name, value in values.items()]


def statistic(
    emulator: RunningEmulator, metric: str, given: list[dict[str, str]], name: str = "Sum"
) -> float | None:
    """One statistic of a metric of AWS/Lambda over all of this run; None without any sample."""
    now = datetime.now(UTC)
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=given,
        StartTime=now - timedelta(seconds=250),
        EndTime=now + timedelta(seconds=2),
        Period=86_400,
        Statistics=[name],
    )["Datapoints"]
    if not points:
        return None
    found = [float(point[name]) for point in points]
    return max(found) if name == "Maximum" else sum(found)


def total(emulator: RunningEmulator, metric: str, name: str, wanted: str = "function") -> float:
    """The sum of a function's metric in one of its sets of dimensions."""
    sets = {
        "none": dimensions(),
        "function": dimensions(FunctionName=name),
        "resource": dimensions(FunctionName=name, Resource=f"{name}:live"),
        "executed version": dimensions(
            FunctionName=name, Resource=f"{name}:live", ExecutedVersion="1"
        ),
    }
    return statistic(emulator, metric, sets[wanted]) or 0.0
