"""AWS/Lambda: which invocation counts where."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from emulator.tests.observed import dimensions, statistic, total
from emulator.tests.running import wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

SLEEPER = """
    import time
    def handler(event, context):
        time.sleep(event.get("seconds", 0))
        return 1 / event.get("by", 1)
"""


def throttle(emulator: RunningEmulator, name: str, **settings: str) -> None:
    """One refused call."""
    with pytest.raises(ClientError, match="Rate Exceeded"):
        emulator.client("lambda").invoke(FunctionName=name, Payload="{}", **settings)


@pytest.mark.behaviour("M4", "M5", "M9", "M17")
def test_a_throttle_is_no_invocation_and_no_error(emulator: RunningEmulator) -> None:
    """It counts in Throttles alone, under function and alias, and ran no version."""
    name = emulator.deploy(SLEEPER)
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    emulator.invoke(name, Qualifier="live")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    throttle(emulator, name, Qualifier="live")
    throttle(emulator, name, Qualifier="live")
    assert total(emulator, "Throttles", name) == 2
    assert total(emulator, "Throttles", name, "resource") == 2
    assert total(emulator, "Throttles", name, "executed version") == 0
    assert (total(emulator, "Invocations", name), total(emulator, "Errors", name)) == (1, 0)


@pytest.mark.behaviour("M10", "M12", "M7")
def test_averages_of_errors_are_rates(emulator: RunningEmulator) -> None:
    """Each run puts a 0 or a 1, and one sample of its duration without the init."""
    name = emulator.deploy(
        """
        import time
        time.sleep(0.5)
        def handler(event, context):
            return 1 / event["by"]
        """
    )
    for by in (1, 0, 1, 0):
        emulator.invoke(name, {"by": by})
    function = dimensions(FunctionName=name)
    assert statistic(emulator, "Errors", function, "Average") == 0.5
    assert statistic(emulator, "Throttles", function, "Average") == 0
    assert statistic(emulator, "Duration", function, "SampleCount") == 4
    longest = statistic(emulator, "Duration", function, "Maximum")
    assert longest is not None
    assert longest < 450
    now = datetime.now(UTC)
    (point,) = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=function,
        StartTime=now - timedelta(seconds=250),
        EndTime=now + timedelta(seconds=2),
        Period=86_400 * 2,
        ExtendedStatistics=["p50"],
    )["Datapoints"]
    assert 0 < point["ExtendedStatistics"]["p50"] <= longest


@pytest.mark.behaviour("M6")
def test_whatever_fails_is_an_error(emulator: RunningEmulator) -> None:
    """An exception, a crash and a timeout; and what fails at import."""
    source = """
        import os, time
        def handler(event, context):
            if event["do"] == "exit":
                os._exit(1)
            time.sleep(event["do"] == "sleep" and 9)
            raise ValueError
    """
    name = emulator.deploy(source, Timeout=1)
    for count, do in enumerate(("raise", "exit", "sleep"), start=1):
        emulator.invoke(name, {"do": do})
        assert total(emulator, "Errors", name) == count
    broken = emulator.deploy("1 / 0")
    emulator.invoke(broken)
    assert total(emulator, "Errors", broken) == 1


@pytest.mark.behaviour("M13", "M14", "M15", "M16", "M18", "M19", "V36")
def test_a_call_counts_under_the_name_it_used(emulator: RunningEmulator) -> None:
    """Alias and version are resources of their own; neither adds to the other."""
    name = emulator.deploy(SLEEPER)
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    for qualifier, calls in ((None, 1), ("1", 2), ("live", 3)):
        for _ in range(calls):
            emulator.invoke(name, **({"Qualifier": qualifier} if qualifier else {}))

    def count(**values: str) -> float | None:
        return statistic(emulator, "Invocations", dimensions(FunctionName=name, **values))

    assert count() == 6
    assert count(Resource=f"{name}:live") == 3
    assert count(Resource=f"{name}:1") == 2
    assert count(Resource=name) == 1
    assert count(Resource=f"{name}:live", ExecutedVersion="1") == 3
    assert count(Resource=f"{name}:1", ExecutedVersion="1") is None
    assert count(Resource=f"arn:aws:lambda:us-east-1:123456789012:function:{name}:live") is None


@pytest.mark.behaviour("M11")
def test_without_traffic_there_is_no_point(emulator: RunningEmulator) -> None:
    """Missing, not zero."""
    name = emulator.deploy(SLEEPER)
    for metric in ("Invocations", "Errors", "Duration", "Throttles"):
        assert statistic(emulator, metric, dimensions(FunctionName=name)) is None


@pytest.mark.behaviour("M3", "M20", "M21", "C1", "C16")
def test_gauges_of_concurrency(emulator: RunningEmulator) -> None:
    """Busy environments per function and alias; the account's claim holds whole reservations."""
    name = emulator.deploy(SLEEPER, Timeout=10)
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=20)
    with ThreadPoolExecutor(3) as pool:
        calls = [
            pool.submit(emulator.invoke, name, {"seconds": 0.6}, Qualifier="live") for _ in range(3)
        ]
        assert all(call.result().error is None for call in calls)
    alias = dimensions(FunctionName=name, Resource=f"{name}:live")
    assert statistic(emulator, "ConcurrentExecutions", alias, "Maximum") == 3
    function = dimensions(FunctionName=name)
    assert statistic(emulator, "ConcurrentExecutions", function, "Maximum") == 3
    account = statistic(emulator, "ConcurrentExecutions", [], "Maximum")
    assert account is not None
    assert account >= 3
    version = dimensions(FunctionName=name, Resource=f"{name}:1")
    assert statistic(emulator, "ConcurrentExecutions", version, "Maximum") is None
    emulator.invoke(name, Qualifier="1")
    assert statistic(emulator, "ConcurrentExecutions", version, "Maximum") == 1
    claimed = statistic(emulator, "ClaimedAccountConcurrency", [], "Maximum")
    assert claimed is not None
    assert claimed >= 20
    assert statistic(emulator, "UnreservedConcurrentExecutions", [], "Maximum") is not None
    client.delete_function_concurrency(FunctionName=name)


@pytest.mark.behaviour("M8")
def test_a_point_carries_the_time_its_run_began(emulator: RunningEmulator) -> None:
    """A run over several minutes (of 0.2 s here) counts in its first."""
    name = emulator.deploy(SLEEPER, Timeout=10)
    emulator.invoke(name)
    began = time.time()
    emulator.invoke(name, {"seconds": 1.2})
    ended = time.time()

    def points() -> list[datetime]:
        found = emulator.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Duration",
            Dimensions=dimensions(FunctionName=name),
            StartTime=datetime.fromtimestamp(began - 30, UTC),
            EndTime=datetime.now(UTC) + timedelta(seconds=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        return [point["Timestamp"] for point in found if point["Maximum"] > 1000]

    (stamp,) = wait_until(points)
    assert began - 0.25 <= stamp.timestamp() < ended - 0.8


@pytest.mark.behaviour("M1", "M2", "M22", "M23", "M24")
def test_the_counts_of_the_event_queue(emulator: RunningEmulator) -> None:
    """Received, its age at each attempt, and dropped once it is given up."""
    name = emulator.deploy("def handler(event, context): raise ValueError('always')")
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "AsyncEventsDropped", name) == 1)
    function = dimensions(FunctionName=name)
    assert total(emulator, "AsyncEventsReceived", name) == 1
    assert statistic(emulator, "AsyncEventAge", function, "SampleCount") == 3
    oldest = statistic(emulator, "AsyncEventAge", function, "Maximum")
    assert oldest is not None
    assert oldest >= 180_000
