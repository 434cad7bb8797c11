"""The deployed function at work: orders, dead letters, logs, concurrency."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from infra.tests.integration.deployed import eventually, order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infra.tests.integration.deployed import Deployed


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """Call `call` from `count` threads that start together; return results or exceptions."""
    gate = threading.Barrier(count)

    def enter(number: int) -> Any:
        gate.wait()
        try:
            return call(number)
        except ClientError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(enter, range(count)))


def test_an_order_is_confirmed_and_stored(stack: Deployed) -> None:
    """The total is exact, and the table holds what the caller was told."""
    placed = order()
    result = stack.invoke(placed)
    assert (result["status"], result["total"], result["lineCount"]) == ("confirmed", "39.98", 1)
    item = stack.stored(placed["orderId"])
    assert item is not None
    assert item["contentDigest"]["S"] == result["contentDigest"]
    assert item["functionVersion"]["S"] == "1"


def test_a_repeated_order_gets_the_stored_result(stack: Deployed) -> None:
    """Same id and content: the same answer, to the second."""
    placed = order()
    assert stack.invoke(placed) == stack.invoke(placed)


def test_another_content_under_the_same_id_is_rejected(stack: Deployed) -> None:
    """The first order stays as it was."""
    placed = order()
    first = stack.invoke(placed)
    result = stack.invoke({**placed, "customerId": "customer-2"})
    assert [reason["code"] for reason in result["reasons"]] == ["ORDER_ID_CONFLICT"]
    assert stack.invoke(placed) == first


def test_an_invalid_order_is_a_rejection_and_no_error(stack: Deployed) -> None:
    """The caller gets reasons; nothing is stored."""
    placed = order(currency="EURO")
    result = stack.invoke(placed)
    assert result["status"] == "rejected"
    assert "/currency" in {reason["path"] for reason in result["reasons"]}
    assert stack.stored(placed["orderId"]) is None


def test_the_alias_runs_its_version(stack: Deployed) -> None:
    """The answer names the version that ran."""
    payload = json.dumps(order()).encode()
    answer = stack.lambda_.invoke(
        FunctionName=stack.function, Qualifier="production", Payload=payload
    )
    assert answer["ExecutedVersion"] == "1"


def test_an_asynchronous_order_is_stored(stack: Deployed) -> None:
    """Accepted with 202, processed without a waiting caller."""
    placed = order()
    answer = stack.lambda_.invoke(
        FunctionName=stack.outputs["lambdaAliasArn"],
        InvocationType="Event",
        Payload=json.dumps(placed).encode(),
    )
    assert answer["StatusCode"] == 202
    assert eventually(lambda: stack.stored(placed["orderId"]))


def test_an_invocation_is_logged_in_the_stacks_group(stack: Deployed) -> None:
    """Start, the function's own line and report, in a stream of the version."""
    placed = order()
    answer = stack.lambda_.invoke(
        FunctionName=stack.function,
        Qualifier="production",
        Payload=json.dumps(placed).encode(),
    )
    request = answer["ResponseMetadata"]["RequestId"]

    def report() -> list[Any]:
        events = stack.logs.filter_log_events(logGroupName=stack.outputs["logGroupName"])["events"]
        lines = [event for event in events if request in event["message"]]
        return lines if any("REPORT" in line["message"] for line in lines) else []

    lines = eventually(report)
    assert any(line["message"].startswith("START RequestId") for line in lines)
    assert any(line["message"].startswith("{") for line in lines)
    assert all("[1]" in line["logStreamName"] for line in lines)


def test_more_than_the_reserved_concurrency_is_throttled(stack: Deployed) -> None:
    """Of 20 orders at once some are one too many: 429 with the reason; nothing else fails."""
    client = stack.lambda_
    results = at_once(20, lambda _: stack.invoke(order(), client))
    refused = [result for result in results if isinstance(result, ClientError)]
    confirmed = [r for r in results if isinstance(r, dict) and r["status"] == "confirmed"]
    assert refused
    assert len(confirmed) >= stack.outputs["reservedConcurrency"]
    assert len(refused) + len(confirmed) == 20
    for error in refused:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert error.response["Error"]["Code"] == "TooManyRequestsException"


def test_one_order_many_times_at_once_is_one_order(stack: Deployed) -> None:
    """As many callers as may run at a time send the same order: one effect, one answer."""
    placed, client = order(), stack.lambda_
    stack.invoke(order(), client)
    results = at_once(5, lambda _: stack.invoke(placed, client))
    answers = [result for result in results if isinstance(result, dict)]
    assert answers
    assert all(answer == answers[0] for answer in answers)
    assert answers[0] == stack.invoke(placed, client)


def test_traffic_of_the_alias_is_counted_by_version(stack: Deployed) -> None:
    """The dimensions that the release alarms look at are those that Lambda writes."""
    stack.invoke(order())
    wanted = [
        {"Name": "FunctionName", "Value": stack.function},
        {"Name": "Resource", "Value": f"{stack.function}:production"},
        {"Name": "ExecutedVersion", "Value": "1"},
    ]

    def found() -> bool:
        metrics = stack.cloudwatch.list_metrics(Namespace="AWS/Lambda", MetricName="Invocations")
        return any(
            sorted(metric["Dimensions"], key=str) == sorted(wanted, key=str)
            for metric in metrics["Metrics"]
        )

    assert eventually(found)


@pytest.fixture
def without_table(stack: Deployed) -> Iterator[Deployed]:
    """Take the function's right to write orders away, as an outage of the table would."""
    role = stack.function
    document: Any = stack.iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    kept = [found for found in document["Statement"] if found["Sid"] != "WriteOrders"]
    put = stack.iam.put_role_policy
    put(RoleName=role, PolicyName=role, PolicyDocument=json.dumps({**document, "Statement": kept}))
    yield stack
    put(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(document))


def test_an_order_that_cannot_be_stored_becomes_a_dead_letter(without_table: Deployed) -> None:
    """After its retries the event lies in the queue as it came, with its error, and alarms."""
    stack, placed = without_table, order()
    payload = json.dumps(placed)
    answer = stack.lambda_.invoke(
        FunctionName=stack.outputs["lambdaAliasArn"], InvocationType="Event", Payload=payload
    )

    def received() -> Any:
        messages = stack.sqs.receive_message(
            QueueUrl=stack.outputs["dlqQueueUrl"],
            MessageAttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return next(iter(messages.get("Messages", [])), None)

    message = eventually(received)
    assert message["Body"] == payload
    attributes = message["MessageAttributes"]
    assert attributes["RequestID"]["StringValue"] == answer["ResponseMetadata"]["RequestId"]
    assert attributes["ErrorCode"]["StringValue"] == "200"
    assert attributes["ErrorMessage"]["StringValue"]

    def alarmed() -> bool:
        name = "order-processing-dlq-alarm-local"
        (alarm,) = stack.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm["StateValue"] == "ALARM"

    assert eventually(alarmed)
    assert stack.stored(placed["orderId"]) is None
