import json
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError
from console.errors import UsageError

from load.run_log.evidence import DeadLetters, OrdersTable
from load.send.events import content_digest


class Queue:
    """An SQS queue that hides what it gives out until it is shown again."""

    def __init__(self, bodies: list[str]) -> None:
        self.visible = dict(enumerate(bodies))
        self.hidden: dict[int, str] = {}

    def receive_message(self, **_: Any) -> dict[str, Any]:
        """Give out up to ten messages."""
        taken = dict(list(self.visible.items())[:10])
        for key in taken:
            self.hidden[key] = self.visible.pop(key)
        messages = [{"ReceiptHandle": str(key), "Body": body} for key, body in taken.items()]
        return {"Messages": messages} if messages else {}

    def change_message_visibility_batch(self, **request: Any) -> None:
        """Show messages again."""
        for entry in request["Entries"]:
            assert entry["VisibilityTimeout"] == 0
            key = int(entry["ReceiptHandle"])
            self.visible[key] = self.hidden.pop(key)


class Broken:
    """A service that cannot be reached."""

    def receive_message(self, **_: Any) -> None:
        """Fail."""
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    batch_get_item = receive_message


def test_peeking_finds_every_dead_letter_and_leaves_all_visible() -> None:
    """Reading the queue changes nothing in it."""
    orders = [{"orderId": f"a-{n}", "n": n} for n in range(25)]
    queue = Queue([json.dumps(order) for order in orders])
    letters = DeadLetters(cast("Any", queue), "url")
    assert dict(letters.peek()) == {f"a-{n}": content_digest(orders[n]) for n in range(25)}
    assert letters.whole
    assert len(queue.visible) == 25
    assert not queue.hidden


def test_messages_that_are_no_orders_are_passed_over() -> None:
    """A dead-letter queue may hold anything."""
    queue = Queue(["no json", "[]", "{}", '{"orderId": 3}'])
    assert list(DeadLetters(cast("Any", queue), "url").peek()) == []
    assert len(queue.visible) == 4


def test_a_queue_too_long_to_be_read_whole_says_so() -> None:
    """SQS hands out only so many at a time; what was read is visible again all the same."""
    queue = Queue([json.dumps({"orderId": f"a-{n}"}) for n in range(50)])
    letters = DeadLetters(cast("Any", queue), "url", most=20)
    assert len(dict(letters.peek())) == 20
    assert not letters.whole
    assert len(queue.visible) == 50


class Table:
    """A table that answers only a part of each request."""

    def __init__(self, items: dict[str, str]) -> None:
        self.items = items
        self.calls: list[int] = []

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Answer the first 40 keys."""
        keys = request["RequestItems"]["t"]["Keys"]
        self.calls.append(len(keys))
        now, later = keys[:40], keys[40:]
        items = [
            {
                "orderId": key["orderId"],
                "contentDigest": {"S": self.items[key["orderId"]["S"]]},
                "confirmedAt": {"S": "1970-01-01T00:01:00.500Z"},
            }
            for key in now
            if key["orderId"]["S"] in self.items
        ]
        return {
            "Responses": {"t": items},
            "UnprocessedKeys": {"t": {"Keys": later}} if later else {},
        }


def test_keys_left_unprocessed_are_asked_for_again() -> None:
    """DynamoDB may answer a part; the rest is asked for again, at most 100 keys a call."""
    items = {f"a-{n}": f"d{n}" for n in range(230)}
    table = Table(items)
    found = OrdersTable(cast("Any", table), "t").get([*items, "absent"])
    assert {order.order_id: order.digest for order in found} == items
    assert {order.confirmed_at for order in found} == {60.5}
    assert max(table.calls) <= 100


def test_an_unreachable_service_is_one_sentence() -> None:
    """AWS gone after the run is bad input too, not a traceback."""
    with pytest.raises(UsageError, match="cannot be reached"):
        list(DeadLetters(cast("Any", Broken()), "url").peek())
    with pytest.raises(UsageError, match="cannot be reached"):
        OrdersTable(cast("Any", Broken()), "t").get(["a"])
