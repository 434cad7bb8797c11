import hashlib
import json
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError
from console.errors import UsageError
from service.declaration import Table

from load.run_log.digests import content_digest
from load.run_log.evidence import DeadLetterQueue, EventsTable, read_message
from load.tests.running import PROBES

DECLARED = Table(name="t", key="key", digest="hash", at="at", variable="TABLE_NAME")


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


def test_peeking_finds_every_dlq_message_and_leaves_all_visible() -> None:
    """Reading the queue changes nothing in it."""
    events = [{"orderId": f"a-{n}", "n": n} for n in range(25)]
    queue = Queue([json.dumps(event) for event in events])
    dlq = DeadLetterQueue(cast("Any", queue), "url", PROBES.event_id)
    assert dict(dlq.peek()) == {f"a-{n}": content_digest(events[n]) for n in range(25)}
    assert dlq.whole
    assert len(queue.visible) == 25
    assert not queue.hidden


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        "",
        "[]",
        "{}",
        "null",
        '{"orderId": 3}',
        '{"orderId": "a", "deep": ' + "[" * 3_000 + "]" * 3_000 + "}",
        '{"orderId": "a", "half": "\\ud83d"}',
        '{"orderId": "\\udc00"}',
        '{"orderId": "a", "digits": ' + "9" * 5_000 + "}",
    ],
)
def test_messages_that_are_no_events_are_passed_over(body: str) -> None:
    """A DLQ may hold anything; what comes after it is found all the same."""
    queue = Queue([body, '{"orderId":"a"}'])
    found = list(DeadLetterQueue(cast("Any", queue), "url", PROBES.event_id).peek())
    # How deep Python reads depends on its recursion limit, which a test beside this one may raise.
    before = found[:-1] if body.startswith('{"orderId": "a", "deep"') else []
    assert found == [*before, ("a", content_digest({"orderId": "a"}))]
    assert len(queue.visible) == 2


def test_a_number_that_is_none_is_a_content_like_any_other() -> None:
    """Python writes NaN, so that a queue may hold it."""
    found = read_message('{"n":NaN,"orderId":"a"}', PROBES.event_id)
    assert found == ("a", hashlib.sha256(b'{"n":NaN,"orderId":"a"}').hexdigest())


def test_a_queue_too_long_to_be_read_whole_says_so() -> None:
    """SQS hands out only so many at a time; what was read is visible again all the same."""
    queue = Queue([json.dumps({"orderId": f"a-{n}"}) for n in range(50)])
    dlq = DeadLetterQueue(cast("Any", queue), "url", PROBES.event_id, most=20)
    assert len(dict(dlq.peek())) == 20
    assert not dlq.whole
    assert len(queue.visible) == 50


class PartialTable:
    """A table that answers only a part of each request."""

    def __init__(self, items: dict[str, str]) -> None:
        self.items = items
        self.calls: list[int] = []

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """Answer the first 40 keys."""
        asked = request["RequestItems"]["t"]
        # DynamoDB refuses its own words, such as these, unless they are given by other names.
        assert asked["ProjectionExpression"] == "#key, #digest, #at"
        names = {"#key": "key", "#digest": "hash", "#at": "at"}
        assert asked["ExpressionAttributeNames"] == names
        keys = asked["Keys"]
        self.calls.append(len(keys))
        now, later = keys[:40], keys[40:]
        items = [
            {
                "key": key["key"],
                "hash": {"S": self.items[key["key"]["S"]]},
                "at": {"S": "1970-01-01T00:01:00.500Z"},
            }
            for key in now
            if key["key"]["S"] in self.items
        ]
        return {
            "Responses": {"t": items},
            "UnprocessedKeys": {"t": {"Keys": later}} if later else {},
        }


def test_keys_left_unprocessed_are_asked_for_again() -> None:
    """DynamoDB may answer a part; the rest is asked for again, at most 100 keys a call."""
    items = {f"a-{n}": f"d{n}" for n in range(230)}
    table = PartialTable(items)
    found = EventsTable(cast("Any", table), "t", DECLARED).get([*items, "absent"])
    assert {event.event_id: event.digest for event in found} == items
    assert {event.recorded_at for event in found} == {60.5}
    assert max(table.calls) <= 100


def test_an_unreachable_service_is_one_sentence() -> None:
    """AWS gone after the run is bad input too, not a traceback."""
    with pytest.raises(UsageError, match="cannot be reached"):
        list(DeadLetterQueue(cast("Any", Broken()), "url", PROBES.event_id).peek())
    with pytest.raises(UsageError, match="cannot be reached"):
        EventsTable(cast("Any", Broken()), "t", DECLARED).get(["a"])
