"""Asynchronous invocations: retries, throttles, age, dead letters, destinations, metrics."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.lambda_.model import EventInvokeConfig
from emulator.lambda_.retries import (
    ERROR_DELAYS,
    EXHAUSTED,
    LONGEST_THROTTLE_DELAY,
    TOO_OLD,
    GiveUp,
    Retry,
    after_error,
    after_throttle,
)
from emulator.tests.running import wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

FAILING = """
    def handler(event, context):
        print("attempt", context.aws_request_id)
        raise RuntimeError("always")
"""
CONFIGS = st.builds(
    EventInvokeConfig,
    maximum_retry_attempts=st.integers(0, 2),
    maximum_event_age_seconds=st.integers(60, 21_600),
)


@given(errors=st.integers(1, 3), age=st.floats(0, 30_000), config=CONFIGS)
def test_a_failed_event_is_retried_within_its_attempts_and_age(
    errors: int, age: float, config: EventInvokeConfig
) -> None:
    """A2, A5, A6 (invocation-async-error-handling): 60 s, 120 s, never past the maximum age."""
    verdict = after_error(errors, age, config)
    if errors > config.maximum_retry_attempts:
        assert verdict == GiveUp(EXHAUSTED)
    elif isinstance(verdict, Retry):
        assert verdict.delay == ERROR_DELAYS[errors - 1]
        assert age + verdict.delay < config.maximum_event_age_seconds
    else:
        assert verdict == GiveUp(TOO_OLD)
        assert age + ERROR_DELAYS[errors - 1] >= config.maximum_event_age_seconds


def test_an_event_of_maximum_age_60_has_one_attempt_and_of_90_two() -> None:
    """A6 (recorded): Lambda looks ahead."""
    assert after_error(1, 0.1, EventInvokeConfig(2, 60)) == GiveUp(TOO_OLD)
    assert after_error(1, 0.1, EventInvokeConfig(2, 90)) == Retry(60.0)
    assert after_error(2, 60.2, EventInvokeConfig(2, 90)) == GiveUp(TOO_OLD)


@given(throttles=st.integers(1, 5000), age=st.floats(0, 30_000), config=CONFIGS)
def test_a_throttled_event_waits_longer_each_time_up_to_five_minutes(
    throttles: int, age: float, config: EventInvokeConfig
) -> None:
    """A3 (invocation-async-error-handling): from 1 s to 5 min, whatever the retry attempts."""
    verdict = after_throttle(throttles, age, config)
    later = after_throttle(throttles + 1, age, config)
    if isinstance(verdict, Retry):
        assert 1 <= verdict.delay <= LONGEST_THROTTLE_DELAY
        assert isinstance(later, GiveUp) or later.delay >= verdict.delay
    else:
        assert verdict == GiveUp(TOO_OLD)


def test_all_attempts_share_the_request_id_and_end_as_a_dead_letter(
    emulator: RunningEmulator,
) -> None:
    """A2, A7, A8, A16-A18 (recorded; invocation-async-retain-records): three runs, raw event."""
    queue_url, queue_arn = _queue(emulator, "dead-1")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    reply = emulator.invoke(name, {"order": "é"}, InvocationType="Event")
    message = _receive(emulator, queue_url)
    assert json.loads(message["Body"]) == {"order": "é"}
    attributes = message["MessageAttributes"]
    assert attributes["RequestID"] == {"StringValue": reply.request_id, "DataType": "String"}
    assert attributes["ErrorCode"] == {"StringValue": "200", "DataType": "Number"}
    assert attributes["ErrorMessage"] == {"StringValue": "always", "DataType": "String"}
    attempts = wait_until(lambda: _three(_messages(emulator, name, "attempt")))
    assert attempts == [f"attempt {reply.request_id}"] * 3


def test_a_retry_configuration_holds_for_its_own_qualifier_only(
    emulator: RunningEmulator,
) -> None:
    """A13 (public reports): `$LATEST` without one keeps the defaults."""
    queue_url, queue_arn = _queue(emulator, "dead-2")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=0
    )
    by_alias = emulator.invoke(name, InvocationType="Event", Qualifier="live").request_id
    _receive(emulator, queue_url)
    latest = emulator.invoke(name, InvocationType="Event").request_id
    _receive(emulator, queue_url)
    attempts = wait_until(lambda: _at_least(_messages(emulator, name, "attempt"), 4))
    assert attempts.count(f"attempt {by_alias}") == 1
    assert attempts.count(f"attempt {latest}") == 3


def test_a_throttled_event_waits_for_its_slot(emulator: RunningEmulator) -> None:
    """A3, A27 (recorded): 202 while all slots are busy; it runs when one is free."""
    name = emulator.deploy(
        """
        import time
        def handler(event, context):
            print("ran", event["n"])
            time.sleep(event["seconds"])
        """,
        Timeout=10,
    )
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for n in range(4):
        event = {"n": n, "seconds": 0.5 if n == 0 else 0}
        assert emulator.invoke(name, event, InvocationType="Event").status == 202
    ran = wait_until(lambda: _at_least(_messages(emulator, name, "ran"), 4))
    assert sorted(ran) == ["ran 0", "ran 1", "ran 2", "ran 3"]
    assert _sum(emulator, "Throttles", name) >= 1
    assert _sum(emulator, "AsyncEventsDropped", name) == 0


def test_a_reservation_of_zero_sends_events_straight_to_the_dead_letters(
    emulator: RunningEmulator,
) -> None:
    """A25 (configuration-concurrency): no attempt is made."""
    queue_url, queue_arn = _queue(emulator, "dead-3")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    emulator.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    )
    emulator.invoke(name, InvocationType="Event")
    message = _receive(emulator, queue_url)
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"
    assert _sum(emulator, "Invocations", name) == 0


def test_a_dead_letter_that_the_role_may_not_send_is_counted(emulator: RunningEmulator) -> None:
    """A20 (monitoring-metrics-types): the event is lost, `DeadLetterErrors` is 1."""
    _, queue_arn = _queue(emulator, "dead-4")
    name = emulator.deploy(
        FAILING, DeadLetterConfig={"TargetArn": queue_arn}, Role=emulator.role("sqs:ListQueues")
    )
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: _sum(emulator, "DeadLetterErrors", name) == 1)
    assert _sum(emulator, "AsyncEventsDropped", name) == 1


def test_the_metrics_of_an_event_that_always_fails(emulator: RunningEmulator) -> None:
    """A8, M4, M22-M24 (monitoring-metrics-types): each attempt is an invocation and an error."""
    name = emulator.deploy(FAILING)
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: _sum(emulator, "AsyncEventsDropped", name) == 1)
    assert _sum(emulator, "AsyncEventsReceived", name) == 1
    assert _sum(emulator, "Invocations", name) == 3
    assert _sum(emulator, "Errors", name) == 3


def test_a_destination_gets_the_record_of_the_end(emulator: RunningEmulator) -> None:
    """A21-A23 (recorded): condition, count, payloads; on failure and on success."""
    queue_url, queue_arn = _queue(emulator, "destination-1")
    name = emulator.deploy("def handler(event, context): return 1 / event['by']")
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={
            "OnSuccess": {"Destination": queue_arn},
            "OnFailure": {"Destination": queue_arn},
        },
    )
    failed = emulator.invoke(name, {"by": 0}, InvocationType="Event").request_id
    record = json.loads(_receive(emulator, queue_url)["Body"])
    context = record["requestContext"]
    assert (context["requestId"], context["condition"]) == (failed, "RetriesExhausted")
    assert context["approximateInvokeCount"] == 1
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["requestPayload"] == {"by": 0}
    emulator.invoke(name, {"by": 2}, InvocationType="Event")
    record = json.loads(_receive(emulator, queue_url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == 0.5


@pytest.mark.parametrize("dimensions", ["none", "function", "resource", "executed version"])
def test_alias_invocations_are_counted_in_every_set_of_dimensions(
    emulator: RunningEmulator, versatile: str, dimensions: str
) -> None:
    """M13, M14, M16, M19 (monitoring-metrics-view): one sample per set."""
    before = _sum(emulator, "Invocations", versatile, dimensions)
    emulator.invoke(versatile, Qualifier="live")
    emulator.invoke(versatile, {"do": "raise", "message": ""}, Qualifier="live")
    assert _sum(emulator, "Invocations", versatile, dimensions) == before + 2
    assert _sum(emulator, "Errors", versatile, dimensions) >= 1


def _queue(emulator: RunningEmulator, name: str) -> tuple[str, str]:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, attributes["Attributes"]["QueueArn"]


def _receive(emulator: RunningEmulator, url: str) -> dict[str, Any]:
    sqs = emulator.client("sqs")

    def message() -> dict[str, Any] | None:
        found = sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages", [])
        return found[0] if found else None

    received: dict[str, Any] = wait_until(message)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    return received


def _messages(emulator: RunningEmulator, name: str, start: str) -> list[str]:
    logs = emulator.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [e["message"].rstrip("\n") for e in events if e["message"].startswith(start)]


def _three(messages: list[str]) -> list[str]:
    return _at_least(messages, 3)


def _at_least(messages: list[str], count: int) -> list[str]:
    return messages if len(messages) >= count else []


def _sum(emulator: RunningEmulator, metric: str, name: str, dimensions: str = "function") -> float:
    """The metric's sum over all of this run."""
    function = {"Name": "FunctionName", "Value": name}
    resource = {"Name": "Resource", "Value": f"{name}:live"}
    version = {"Name": "ExecutedVersion", "Value": "1"}
    sets = {
        "none": [],
        "function": [function],
        "resource": [function, resource],
        "executed version": [function, resource, version],
    }
    now = datetime.now(UTC)
    points = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=sets[dimensions],
        StartTime=now - timedelta(seconds=250),
        EndTime=now + timedelta(seconds=2),
        Period=86_400,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
