"""Asynchronous invocations: retries, throttles, age, dead letters, destinations, metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from emulator.lambda_.queue.retries import (
    ERROR_DELAYS,
    EXHAUSTED,
    LONGEST_THROTTLE_DELAY,
    TOO_OLD,
    GiveUp,
    Retry,
    after_error,
    after_throttle,
)
from emulator.lambda_.state.model import EventInvokeConfig
from emulator.tests.observed import at_least, messages, queue, receive, total
from emulator.tests.running import wait_until
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.behaviour("A2", "A6")
@given(errors=st.integers(1, 3), age=st.floats(0, 30_000), config=CONFIGS)
def test_a_failed_event_is_retried_within_its_attempts_and_age(
    errors: int, age: float, config: EventInvokeConfig
) -> None:
    """A2, A6 (invocation-async-error-handling): 60 s, 120 s, never past the maximum age."""
    assert ERROR_DELAYS == (60.0, 120.0)
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


@pytest.mark.behaviour("A3")
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


@pytest.mark.behaviour("A2", "A7", "A8", "A16", "A17", "A18")
def test_all_attempts_share_the_request_id_and_end_as_a_dead_letter(
    emulator: RunningEmulator,
) -> None:
    """A2, A7, A8, A16-A18 (recorded; invocation-async-retain-records): three runs, raw event."""
    queue_url, queue_arn = queue(emulator, "dead-1")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    reply = emulator.invoke(name, {"order": "é"}, InvocationType="Event")
    message = receive(emulator, queue_url)
    assert json.loads(message["Body"]) == {"order": "é"}
    attributes = message["MessageAttributes"]
    assert attributes["RequestID"] == {"StringValue": reply.request_id, "DataType": "String"}
    assert attributes["ErrorCode"] == {"StringValue": "200", "DataType": "Number"}
    assert attributes["ErrorMessage"] == {"StringValue": "always", "DataType": "String"}
    attempts = wait_until(lambda: at_least(messages(emulator, name, "attempt"), 3))
    assert attempts == [f"attempt {reply.request_id}"] * 3


@pytest.mark.behaviour("A13")
def test_a_retry_configuration_holds_for_its_own_qualifier_only(
    emulator: RunningEmulator,
) -> None:
    """A13 (public reports): `$LATEST` without one keeps the defaults."""
    queue_url, queue_arn = queue(emulator, "dead-2")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumRetryAttempts=0
    )
    by_alias = emulator.invoke(name, InvocationType="Event", Qualifier="live").request_id
    receive(emulator, queue_url)
    latest = emulator.invoke(name, InvocationType="Event").request_id
    receive(emulator, queue_url)
    attempts = wait_until(lambda: at_least(messages(emulator, name, "attempt"), 4))
    assert attempts.count(f"attempt {by_alias}") == 1
    assert attempts.count(f"attempt {latest}") == 3


@pytest.mark.behaviour("A3", "A27")
def test_a_throttled_event_waits_for_its_slot(emulator: RunningEmulator) -> None:
    """A3, A27 (recorded): 202 while all concurrency is busy; it runs when one is free."""
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
    ran = wait_until(lambda: at_least(messages(emulator, name, "ran"), 4))
    assert sorted(ran) == ["ran 0", "ran 1", "ran 2", "ran 3"]
    assert total(emulator, "Throttles", name) >= 1
    assert total(emulator, "AsyncEventsDropped", name) == 0


@pytest.mark.behaviour("A25", "A19")
def test_a_reservation_of_zero_sends_events_straight_to_the_dead_letters(
    emulator: RunningEmulator,
) -> None:
    """A25 (configuration-concurrency): no attempt is made."""
    queue_url, queue_arn = queue(emulator, "dead-3")
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": queue_arn})
    emulator.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    )
    emulator.invoke(name, InvocationType="Event")
    message = receive(emulator, queue_url)
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"
    assert total(emulator, "Invocations", name) == 0


@pytest.mark.behaviour("A20", "M25")
def test_a_dead_letter_that_the_role_may_not_send_is_counted(emulator: RunningEmulator) -> None:
    """A20 (monitoring-metrics-types): the event is lost, `DeadLetterErrors` is 1."""
    _, queue_arn = queue(emulator, "dead-4")
    name = emulator.deploy(
        FAILING, DeadLetterConfig={"TargetArn": queue_arn}, Role=emulator.role("sqs:ListQueues")
    )
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "DeadLetterErrors", name) == 1)
    assert total(emulator, "AsyncEventsDropped", name) == 1


@pytest.mark.behaviour("A8", "M4", "M22", "M23", "M24")
def test_the_metrics_of_an_event_that_always_fails(emulator: RunningEmulator) -> None:
    """A8, M4, M22-M24 (monitoring-metrics-types): each attempt is an invocation and an error."""
    name = emulator.deploy(FAILING)
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "AsyncEventsDropped", name) == 1)
    assert total(emulator, "AsyncEventsReceived", name) == 1
    assert total(emulator, "Invocations", name) == 3
    assert total(emulator, "Errors", name) == 3


@pytest.mark.behaviour("A21", "A22", "A23")
def test_a_destination_gets_the_record_of_the_end(emulator: RunningEmulator) -> None:
    """A21-A23 (recorded): condition, count, payloads; on failure and on success."""
    queue_url, queue_arn = queue(emulator, "destination-1")
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
    record = json.loads(receive(emulator, queue_url)["Body"])
    context = record["requestContext"]
    assert (context["requestId"], context["condition"]) == (failed, "RetriesExhausted")
    assert context["approximateInvokeCount"] == 1
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["requestPayload"] == {"by": 0}
    emulator.invoke(name, {"by": 2}, InvocationType="Event")
    record = json.loads(receive(emulator, queue_url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == 0.5


@pytest.mark.behaviour("M13", "M14", "M16", "M19")
@pytest.mark.parametrize("dimensions", ["none", "function", "resource", "executed version"])
def test_alias_invocations_are_counted_in_every_set_of_dimensions(
    emulator: RunningEmulator, versatile: str, dimensions: str
) -> None:
    """M13, M14, M16, M19 (monitoring-metrics-view): one sample per set."""
    before = total(emulator, "Invocations", versatile, dimensions)
    emulator.invoke(versatile, Qualifier="live")
    emulator.invoke(versatile, {"do": "raise", "message": ""}, Qualifier="live")
    assert total(emulator, "Invocations", versatile, dimensions) == before + 2
    assert total(emulator, "Errors", versatile, dimensions) >= 1
