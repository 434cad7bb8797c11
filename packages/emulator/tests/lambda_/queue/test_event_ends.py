"""How asynchronous events end: ages, destinations of every kind, dead letters that fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.tests.observed import at_least, messages, queue, receive, total
from emulator.tests.running import wait_until, zipped

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

FAILING = """
    def handler(event, context):
        print("attempt", context.aws_request_id)
        raise RuntimeError("always")
"""


def on_failure(emulator: RunningEmulator, name: str, arn: str, **settings: Any) -> None:
    """Send the function's failures to `arn`."""
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}, **settings
    )


@pytest.mark.behaviour("A5", "A6", "A23")
def test_an_event_whose_retry_would_come_too_late_is_given_up_at_once(
    emulator: RunningEmulator,
) -> None:
    """With a maximum age of 60 s there is one attempt, and no wait for the second."""
    url, arn = queue(emulator)
    name = emulator.deploy(FAILING)
    on_failure(emulator, name, arn, MaximumEventAgeInSeconds=60)
    emulator.invoke(name, InvocationType="Event")
    context = json.loads(receive(emulator, url)["Body"])["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 1)
    assert total(emulator, "Invocations", name) == 1


@pytest.mark.behaviour("A23", "A25", "A22")
def test_a_reservation_of_zero_is_told_to_the_destination(emulator: RunningEmulator) -> None:
    """No run, hence no response; the function's ARN is qualified."""
    url, arn = queue(emulator)
    name = emulator.deploy(FAILING)
    on_failure(emulator, name, arn)
    emulator.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=0
    )
    emulator.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    record = json.loads(receive(emulator, url)["Body"])
    context = record["requestContext"]
    assert context["condition"] == "ZeroReservedConcurrency"
    assert context["approximateInvokeCount"] == 0
    assert context["functionArn"].endswith(f":function:{name}:$LATEST")
    assert record["requestPayload"] == {}
    assert record["version"] == "1.0"
    assert not {"responseContext", "responsePayload"} & set(record)


@pytest.mark.behaviour("A26")
def test_a_reservation_given_back_brings_no_event_back(emulator: RunningEmulator) -> None:
    """What went to the dead letters stays there until somebody sends it again."""
    url, arn = queue(emulator)
    name = emulator.deploy(
        "def handler(event, context): print('ran', event['n'])", DeadLetterConfig={"TargetArn": arn}
    )
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    emulator.invoke(name, {"n": 1}, InvocationType="Event")
    receive(emulator, url)
    client.delete_function_concurrency(FunctionName=name)
    emulator.invoke(name, {"n": 2}, InvocationType="Event")
    assert wait_until(lambda: at_least(messages(emulator, name, "ran"), 1)) == ["ran 2"]


@pytest.mark.behaviour("A21", "I12")
def test_dead_letters_and_destination_both_receive(emulator: RunningEmulator) -> None:
    """Both for the same event; each message carries the trace header."""
    dead_url, dead_arn = queue(emulator)
    url, arn = queue(emulator)
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": dead_arn})
    on_failure(emulator, name, arn, MaximumRetryAttempts=0)
    reply = emulator.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    request_id = reply["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    letter, message = receive(emulator, dead_url), receive(emulator, url)
    assert letter["Body"] == "{}"
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == request_id
    record = json.loads(message["Body"])
    assert record["requestPayload"] == {}
    assert record["requestContext"]["requestId"] == request_id
    for received in (letter, message):
        assert received["Attributes"]["AWSTraceHeader"].startswith("Root=1-")


@pytest.mark.behaviour("A24")
@pytest.mark.parametrize("kind", ["topic", "bus"])
def test_topics_and_buses_are_destinations(emulator: RunningEmulator, kind: str) -> None:
    """SNS takes the record as its message, EventBridge as the detail of an event."""
    url, arn = queue(emulator)
    target = _topic(emulator, arn) if kind == "topic" else _bus(emulator, arn)
    name = emulator.deploy(FAILING)
    on_failure(emulator, name, target, MaximumRetryAttempts=0)
    emulator.invoke(name, {"n": 1}, InvocationType="Event")
    envelope = json.loads(receive(emulator, url)["Body"])
    if kind == "topic":
        record = json.loads(envelope["Message"])
    else:
        record = envelope["detail"]
        assert envelope["source"] == "lambda"
        assert envelope["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert record["requestPayload"] == {"n": 1}
    assert record["responsePayload"]["errorMessage"] == "always"


def _topic(emulator: RunningEmulator, queue_arn: str) -> str:
    sns = emulator.client("sns")
    arn = str(sns.create_topic(Name=queue_arn.rpartition(":")[2])["TopicArn"])
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    sqs, allowed = emulator.client("sqs"), {"Version": "2012-10-17", "Statement": [statement]}
    url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    return arn


def _bus(emulator: RunningEmulator, queue_arn: str) -> str:
    events, name = emulator.client("events"), queue_arn.rpartition(":")[2]
    arn = str(events.create_event_bus(Name=name)["EventBusArn"])
    events.put_rule(Name=name, EventBusName=name, EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "q", "Arn": queue_arn}])
    return arn


@pytest.mark.behaviour("A24")
def test_a_function_is_a_destination(emulator: RunningEmulator) -> None:
    """It gets the record as its event, asynchronously."""
    second = emulator.deploy("def handler(event, context): print('got', event['responsePayload'])")
    first = emulator.deploy("def handler(event, context): return event['n'] + 1")
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=first,
        DestinationConfig={
            "OnSuccess": {"Destination": f"arn:aws:lambda:us-east-1:123456789012:function:{second}"}
        },
    )
    emulator.invoke(first, {"n": 1}, InvocationType="Event")
    assert wait_until(lambda: at_least(messages(emulator, second, "got"), 1)) == ["got 2"]


@pytest.mark.behaviour("A24")
def test_a_function_that_the_role_may_not_call_is_no_destination(
    emulator: RunningEmulator,
) -> None:
    """The delivery needs lambda:InvokeFunction, and fails without it."""
    second = emulator.deploy("def handler(event, context): print('ran')")
    name = emulator.deploy(FAILING, Role=emulator.role("sqs:SendMessage"))
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{second}"
    on_failure(emulator, name, arn, MaximumRetryAttempts=0)
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "DestinationDeliveryFailures", name) == 1)
    assert messages(emulator, second, "ran") == []


@pytest.mark.behaviour("A24")
@pytest.mark.parametrize("service", ["sqs", "sns", "lambda"])
def test_a_delivery_that_fails_is_counted(emulator: RunningEmulator, service: str) -> None:
    """To what does not exist: DestinationDeliveryFailures, whatever the kind."""
    name = emulator.deploy(FAILING)
    resource = "absent"
    if service == "lambda":  # is there when it becomes the destination, as it has to be
        resource = f"function:{emulator.deploy(FAILING)}"
    arn = f"arn:aws:{service}:us-east-1:123456789012:{resource}"
    on_failure(emulator, name, arn, MaximumRetryAttempts=0)
    if service == "lambda":
        emulator.client("lambda").delete_function(FunctionName=arn)
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "DestinationDeliveryFailures", name) == 1)


@pytest.mark.behaviour("A24")
def test_a_destination_in_s3_is_refused_by_name(emulator: RunningEmulator) -> None:
    """What is not emulated says so when it is asked for."""
    name = emulator.deploy(FAILING)
    with pytest.raises(ClientError, match="A destination in S3 is not emulated"):
        on_failure(emulator, name, "arn:aws:s3:::bucket")


@pytest.mark.behaviour("A16")
def test_a_topic_takes_dead_letters_and_a_fifo_queue_cannot(emulator: RunningEmulator) -> None:
    """The event is the message, the attributes are those of a queue."""
    url, arn = queue(emulator)
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": _topic(emulator, arn)})
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0
    )
    emulator.invoke(name, {"n": 1}, InvocationType="Event")
    envelope = json.loads(receive(emulator, url)["Body"])
    assert json.loads(envelope["Message"]) == {"n": 1}
    assert envelope["MessageAttributes"]["ErrorCode"]["Value"] == "200"
    with pytest.raises(ClientError, match="neither a standard SQS queue"):
        emulator.client("lambda").update_function_configuration(
            FunctionName=name, DeadLetterConfig={"TargetArn": f"{arn}.fifo"}
        )


@pytest.mark.behaviour("A20", "M25")
@pytest.mark.parametrize("case", ["deleted queue", "too large"])
def test_a_dead_letter_that_cannot_be_sent_is_lost_and_counted(
    emulator: RunningEmulator, case: str
) -> None:
    """A queue that is gone, and an event that fills the queue's limit without its attributes."""
    url, arn = queue(emulator)
    name = emulator.deploy(FAILING, DeadLetterConfig={"TargetArn": arn})
    emulator.client("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0
    )
    if case == "deleted queue":
        emulator.client("sqs").delete_queue(QueueUrl=url)
    event = "x" * (1_048_576 - 2 if case == "too large" else 1)
    emulator.invoke(name, event, InvocationType="Event")
    wait_until(lambda: total(emulator, "DeadLetterErrors", name) == 1)
    assert total(emulator, "AsyncEventsDropped", name) == 1


@pytest.mark.behaviour("A17", "A18")
def test_an_error_message_of_a_dead_letter_is_cut_at_a_kilobyte(emulator: RunningEmulator) -> None:
    """And the body is the event as it was sent, blanks and all."""
    url, arn = queue(emulator)
    name = emulator.deploy(
        "def handler(event, context): raise RuntimeError('é' * 2000)",
        DeadLetterConfig={"TargetArn": arn},
    )
    client = emulator.client("lambda")
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{ "n" : 1.0 }')
    letter = receive(emulator, url)
    assert letter["Body"] == '{ "n" : 1.0 }'
    text = letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert text == "é" * 512


@pytest.mark.behaviour("A10")
def test_a_waiting_event_runs_what_latest_is_by_then(emulator: RunningEmulator) -> None:
    """A retry of an event for `$LATEST` runs the code that was uploaded meanwhile."""
    name = emulator.deploy("def handler(event, context): raise RuntimeError('old')")
    emulator.invoke(name, InvocationType="Event")
    wait_until(lambda: total(emulator, "Errors", name) >= 1)
    code = zipped({"app.py": "def handler(event, context): print('new')"})
    emulator.client("lambda").update_function_code(FunctionName=name, ZipFile=code)
    assert wait_until(lambda: messages(emulator, name, "new")) == ["new"]


@pytest.mark.behaviour("A11")
def test_a_waiting_event_runs_what_its_qualifier_means_by_then(emulator: RunningEmulator) -> None:
    """A retry through an alias that was moved meanwhile runs the new version."""
    url, arn = queue(emulator)
    old = """
        def handler(event, context):
            print("old")
            raise RuntimeError("old")
    """
    name = emulator.deploy(old, Role=emulator.role("*"))
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    code = zipped({"app.py": "def handler(event, context): return 'new'"})
    client.update_function_code(FunctionName=name, ZipFile=code)
    emulator.settled(name)
    client.publish_version(FunctionName=name)
    client.put_function_event_invoke_config(
        FunctionName=name,
        Qualifier="live",
        DestinationConfig={
            "OnSuccess": {"Destination": arn},
            "OnFailure": {"Destination": arn},
        },
    )
    emulator.invoke(name, InvocationType="Event", Qualifier="live")
    wait_until(lambda: total(emulator, "Errors", name) >= 1)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    record = json.loads(receive(emulator, url)["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "2"}
    assert record["responsePayload"] == "new"
