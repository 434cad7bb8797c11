from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session
from order_processor import dynamodb, meaning
from order_processor.dynamodb import DynamoDBOrders
from order_processor.process import MAX_LINES_BYTES, process
from order_processor.repository import DependencyError

from services.order_processor.tests.fakes import FakeDynamoDB, Fault
from services.order_processor.tests.orders import ORDER, changed, delivery
from services.order_processor.tests.test_repository import CONFIRMATION, RECORD

if TYPE_CHECKING:
    from order_processor.dynamodb import Client

ITEM_LIMIT = 400_000
"""DynamoDB's 400 KB, read the strict way."""


def test_writes_the_item_that_others_read(endpoint: FakeDynamoDB, client: Client) -> None:
    """Names and types of the attributes are a contract with whoever reads the table."""
    DynamoDBOrders(client, "orders").add(RECORD)
    assert endpoint.items["web order-1"] == {
        "orderId": {"S": "web order-1"},
        "source": {"S": "web"},
        "contentDigest": {"S": "cd" * 32},
        "meaningDigest": {"S": "ab" * 32},
        "customerId": {"S": "customer-1"},
        "currency": {"S": "KWD"},
        "total": {"S": "1.500"},
        "lineCount": {"N": "3"},
        "lines": {"S": '[{"sku":"é"}]'},
        "placedAt": {"S": "2026-03-01T11:00:00Z"},
        "confirmedAt": {"S": "2026-03-01T12:00:00.000Z"},
        "functionVersion": {"S": "7"},
        "requestId": {"S": "request-1"},
        "correlationId": {"S": "correlation-1"},
        "expiresAt": {"N": "1772452800"},
    }


def test_one_round_trip_per_order(endpoint: FakeDynamoDB, client: Client) -> None:
    """New, repeated or conflicting: each delivery is one request."""
    orders = DynamoDBOrders(client, "orders")
    for event in (ORDER, ORDER, changed(customerId="other")):
        process(event, delivery(), orders)
    assert len(endpoint.requests) == 3


def test_priming_writes_nothing(endpoint: FakeDynamoDB, client: Client) -> None:
    """Its requests have a condition that cannot hold, and an id that no order can have."""
    DynamoDBOrders(client, "orders").prime()
    assert len(endpoint.requests) == 2
    assert not endpoint.items


def test_priming_does_not_insist(endpoint: FakeDynamoDB, client: Client) -> None:
    """A store that refuses is asked once: initialising has ten seconds on Lambda."""
    endpoint.faults = [Fault(400, "AccessDeniedException")]
    DynamoDBOrders(client, "orders").prime()
    assert len(endpoint.requests) == 1


def test_a_lost_reply_is_repeated_without_a_second_effect(
    endpoint: FakeDynamoDB, client: Client
) -> None:
    """The SDK sends again, finds its own record and the order counts as confirmed."""
    endpoint.faults = [Fault(written=True)]
    outcome = process(ORDER, delivery(), DynamoDBOrders(client, "orders"))
    assert outcome.kind == "confirmed"
    assert len(endpoint.requests) == 2
    assert len(endpoint.items) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(400, "ProvisionedThroughputExceededException"),
        Fault(500, "InternalServerError"),
        Fault(503, "ServiceUnavailable"),
        Fault(),
    ],
)
def test_a_passing_fault_is_repeated_and_a_lasting_one_raises(
    endpoint: FakeDynamoDB, client: Client, fault: Fault
) -> None:
    """Three attempts, then an error that Lambda retries."""
    orders = DynamoDBOrders(client, "orders")
    endpoint.faults = [fault]
    assert orders.add(RECORD) == CONFIRMATION
    endpoint.faults = [fault] * 3
    with pytest.raises(DependencyError):
        orders.add(RECORD)
    assert len(endpoint.requests) == 5


def test_a_refusal_raises_at_once(endpoint: FakeDynamoDB, client: Client) -> None:
    """What no repetition helps names the code and is sent once."""
    endpoint.faults = [Fault(400, "ResourceNotFoundException")]
    with pytest.raises(DependencyError, match="ResourceNotFoundException"):
        DynamoDBOrders(client, "orders").add(RECORD)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("attribute", ["currency", "contentDigest", "requestId"])
def test_half_a_record_is_an_error_of_the_store(
    endpoint: FakeDynamoDB, client: Client, attribute: str
) -> None:
    """A record that somebody else wrote under the id, or that arrives cut, confirms nothing."""
    orders = DynamoDBOrders(client, "orders")
    orders.add(RECORD)
    del endpoint.items["web order-1"][attribute]
    with pytest.raises(DependencyError, match="no whole record"):
        orders.add(RECORD)


def test_nobody_listening_raises_and_does_not_stop_priming(aws: pytest.MonkeyPatch) -> None:
    """Initialising goes on without the store; the order fails with our error."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        aws.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        orders = DynamoDBOrders(dynamodb.connect(), "orders")
        orders.prime()
        with pytest.raises(DependencyError, match="EndpointConnectionError"):
            orders.add(RECORD)


def test_time_outs_fit_into_the_function_time_out() -> None:
    """All attempts together stay below the function's 30 s, so that the error is ours."""
    config = cast("Any", dynamodb._CONFIG)
    attempts = config.retries["total_max_attempts"]
    pauses = sum(2**attempt for attempt in range(attempts - 1))  # seconds, when throttled
    assert attempts * (config.connect_timeout + config.read_timeout) + pauses < 30


def test_the_largest_valid_order_fits_into_an_item(endpoint: FakeDynamoDB, client: Client) -> None:
    """As large as the lines may be, with everything else at its longest; a byte more is refused."""
    line = {"sku": "😀" * 60, "quantity": 100_000, "unitPrice": "-0.000001"}
    size = len(meaning.compact([line]).encode()) - 1
    lines = [line] * ((MAX_LINES_BYTES - 1) // size)
    rest = MAX_LINES_BYTES - len(meaning.compact(lines).encode())
    first = {"sku": "😀" * 60 + "x" * min(4, rest), "quantity": 1, "unitPrice": "1" * 9}
    event = changed(
        orderId="o" * 128, customerId="c" * 128, source="s" * 64,
        placedAt="2026-01-01T00:00:00.123456789+01:00", lines=[first, *lines[1:]],
    )  # fmt: skip
    within = DynamoDBOrders(client, "orders")
    assert process(event, delivery("r" * 64), within).kind == "confirmed"
    (item,) = endpoint.items.values()
    values = sum(
        len(next(iter(value.values())).encode()) for value in item.values() if "S" in value
    )
    assert values + sum(map(len, item)) + 50 < ITEM_LIMIT
    beyond = changed(lines=[*event["lines"], line])
    assert process(beyond, delivery(), within).codes == ("LINES_TOO_LARGE",)


def test_all_handlers_that_botocore_would_call_are_called(
    endpoint: FakeDynamoDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session leaves out other services' handlers only: each event reaches the same ones."""
    del endpoint
    emitted: set[str] = set()
    emitter: Any = HierarchicalEmitter
    emit = emitter._emit

    def note(self: Any, event_name: str, *arguments: Any, **keywords: Any) -> Any:
        emitted.add(event_name)
        return emit(self, event_name, *arguments, **keywords)

    monkeypatch.setattr(emitter, "_emit", note)
    whole, ours = Session(), dynamodb.session()
    for session in (whole, ours):
        client: Any = session.create_client("dynamodb")
        DynamoDBOrders(client, "orders").add(RECORD)
        client.close()
    assert len(emitted) > 10
    for name in emitted:
        wanted, kept = (_handlers(session, name) for session in (whole, ours))
        if not name.startswith("docs."):
            assert kept == wanted, name


def _handlers(session: Any, event: str) -> list[str]:
    emitter = session.get_component("event_emitter")._emitter
    found = emitter._handlers.prefix_search(event)
    names = [getattr(handler, "__qualname__", repr(type(handler))) for handler in found]
    # Powertools names itself in the requests of sessions that are made after its import.
    return [name for name in names if "powertools" not in name]
