from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from emulator.tests.lambda_client import refusal

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

_names = itertools.count()


@pytest.fixture
def sqs(emulator: RunningEmulator) -> Any:
    """A client for SQS."""
    return emulator.client("sqs")


@pytest.fixture
def queue(sqs: Any) -> dict[str, str]:
    """A queue, as calls name it."""
    return {"QueueUrl": sqs.create_queue(QueueName=f"queue-{next(_names)}")["QueueUrl"]}


@pytest.mark.behaviour("S12")
def test_an_attribute_that_there_is_not_is_refused(sqs: Any, queue: dict[str, str]) -> None:
    """InvalidAttributeName, at its creation, later, and where it is asked for."""
    unknown = {"VisibilityTimout": "30"}
    for refused in (
        refusal(sqs.create_queue, QueueName="misspelt", Attributes=unknown),
        refusal(sqs.set_queue_attributes, **queue, Attributes=unknown),
        refusal(sqs.get_queue_attributes, **queue, AttributeNames=["VisibilityTimout"]),
    ):
        assert refused == (400, "InvalidAttributeName", "Unknown Attribute VisibilityTimout.")


@pytest.mark.behaviour("S12")
@pytest.mark.parametrize("document", ["no json", '"text"'])
def test_a_policy_is_a_json_object(sqs: Any, queue: dict[str, str], document: str) -> None:
    """InvalidAttributeValue, in the words that the AWS provider looks for; an empty one is none."""
    refused = refusal(sqs.set_queue_attributes, **queue, Attributes={"Policy": document})
    assert refused == (400, "InvalidAttributeValue", "Invalid value for the parameter Policy.")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    for value in (policy, ""):
        sqs.set_queue_attributes(**queue, Attributes={"Policy": value})
        answer = sqs.get_queue_attributes(**queue, AttributeNames=["Policy"])
        assert answer.get("Attributes", {}) == ({"Policy": value} if value else {})


@pytest.mark.behaviour("S13")
def test_delays_and_waits_have_bounds(sqs: Any, queue: dict[str, str]) -> None:
    """DelaySeconds up to 900, WaitTimeSeconds up to 20; of a batch the other entries are sent."""
    message = {"MessageBody": "late", "DelaySeconds": 901}
    _, code, text = refusal(sqs.send_message, **queue, **message)
    assert (code, "DelaySeconds must be >= 0 and <= 900" in text) == ("InvalidParameterValue", True)
    entries = [{"Id": "a", **message}, {"Id": "b", "MessageBody": "now"}]
    sent = sqs.send_message_batch(**queue, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["b"]
    assert [(entry["Id"], entry["Code"]) for entry in sent["Failed"]] == [
        ("a", "InvalidParameterValue")
    ]
    _, code, text = refusal(sqs.receive_message, **queue, WaitTimeSeconds=21)
    assert (code, "WaitTimeSeconds" in text) == ("InvalidParameterValue", True)
    assert [message["Body"] for message in sqs.receive_message(**queue)["Messages"]] == ["now"]


@pytest.mark.behaviour("S14")
def test_a_name_is_free_a_minute_after_its_queue(sqs: Any, unhurried: RunningEmulator) -> None:
    """QueueDeletedRecently, in the code that SDKs raise; the time scale divides the minute."""
    sqs.delete_queue(QueueUrl=sqs.create_queue(QueueName="again")["QueueUrl"])
    time.sleep(60 / 300)
    sqs.create_queue(QueueName="again")
    slow = unhurried.client("sqs")
    slow.delete_queue(QueueUrl=slow.create_queue(QueueName="again")["QueueUrl"])
    _, code, _ = refusal(slow.create_queue, QueueName="again")
    assert code == "AWS.SimpleQueueService.QueueDeletedRecently"


@pytest.mark.behaviour("S14")
def test_a_queue_is_purged_once_a_minute(unhurried: RunningEmulator) -> None:
    """PurgeQueueInProgress names the queue."""
    sqs = unhurried.client("sqs")
    named = {"QueueUrl": sqs.create_queue(QueueName="full")["QueueUrl"]}
    sqs.purge_queue(**named)
    _, code, text = refusal(sqs.purge_queue, **named)
    assert code == "AWS.SimpleQueueService.PurgeQueueInProgress"
    assert text == "Only one PurgeQueue operation on full is allowed every 60 seconds."


@pytest.mark.behaviour("S15")
def test_queues_are_encrypted_unless_told_otherwise(sqs: Any, queue: dict[str, str]) -> None:
    """SqsManagedSseEnabled is told by name and among all; another key stands in its place."""

    def told(*names: str) -> Any:
        answer = sqs.get_queue_attributes(**queue, AttributeNames=names)
        return answer["Attributes"]

    assert told("SqsManagedSseEnabled") == {"SqsManagedSseEnabled": "true"}
    assert told("All")["SqsManagedSseEnabled"] == "true"
    sqs.set_queue_attributes(**queue, Attributes={"SqsManagedSseEnabled": "false"})
    assert told("All")["SqsManagedSseEnabled"] == "false"
