from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_processor.process import content_digest, process
from order_processor.repository import DependencyError

from services.order_processor.tests.fakes import InMemoryOrders
from services.order_processor.tests.orders import ORDER, broken_orders, changed, delivery, orders


def test_confirms_a_valid_order_and_keeps_it() -> None:
    """The answer has what the contract promises; the record has what was asked for."""
    repository = InMemoryOrders()
    outcome = process(ORDER, delivery(), repository)
    assert outcome.kind == "confirmed"
    assert outcome.answer == {
        "status": "confirmed",
        "orderId": "order-1",
        "currency": "EUR",
        "total": "40.48",
        "lineCount": 2,
        "confirmedAt": "2026-03-01T12:00:00.000Z",
        "contentDigest": content_digest(ORDER),
    }
    record = repository.records["order-1"]
    assert json.loads(record.lines) == ORDER["lines"]
    assert (record.customer_id, record.placed_at) == ("customer-1", ORDER["placedAt"])
    assert (record.function_version, record.correlation_id) == ("7", "correlation-1")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), min_size=1, max_size=12))
def test_one_effect_per_order_id_and_equal_answers(deliveries: list[tuple[str, int]]) -> None:
    """In any sequence of deliveries the first of an id wins: repeats equal it, others conflict."""
    repository = InMemoryOrders()
    first: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, (order_id, variant) in enumerate(deliveries):
        event = changed(orderId=order_id, customerId=f"customer-{variant}")
        outcome = process(event, delivery(f"request-{number}"), repository)
        kept, answer = first.setdefault(order_id, (variant, outcome.answer))
        if kept == variant:
            assert outcome.answer == answer
            assert outcome.kind == ("confirmed" if answer is outcome.answer else "duplicate")
        else:
            assert outcome.kind == "rejected"
            assert outcome.codes == ("ORDER_ID_CONFLICT",)
    assert len(repository.records) == len(first)


def test_a_retry_under_the_same_request_is_no_duplicate() -> None:
    """Lambda retries an event under its request id; its order is confirmed once in the metrics."""
    repository = InMemoryOrders()
    answers = [process(ORDER, delivery(), repository) for _ in range(2)]
    assert [outcome.kind for outcome in answers] == ["confirmed", "confirmed"]
    assert answers[0].answer == answers[1].answer


@given(broken_orders())
def test_an_invalid_order_never_reaches_the_store(event: Any) -> None:
    """Rejected or confirmed, never an exception, and only the confirmed are kept."""
    repository = InMemoryOrders()
    outcome = process(event, delivery(), repository)
    assert len(repository.records) == (outcome.kind == "confirmed")
    json.dumps(outcome.answer, ensure_ascii=False).encode()


def test_rejects_a_total_out_of_range() -> None:
    """A slip of the customer's is not booked."""
    line = {"sku": "a", "quantity": 1_001, "unitPrice": "999999999"}
    repository = InMemoryOrders()
    outcome = process(changed(lines=[line]), delivery(), repository)
    assert (outcome.codes, outcome.order_id) == (("TOTAL_OUT_OF_RANGE",), "order-1")
    assert not repository.records


def test_a_rejection_names_the_order_where_it_can() -> None:
    """Codes are distinct and sorted, for metrics; the id is null where it is none."""
    outcome = process({"orderId": "?", "synthetic": True}, delivery(), InMemoryOrders())
    assert outcome.answer["status"] == "rejected"
    assert outcome.answer["orderId"] is None
    assert outcome.synthetic
    assert list(outcome.codes) == sorted(set(outcome.codes))
    assert {r["path"] for r in outcome.answer["reasons"]} >= {"/orderId", "/lines"}


def test_a_failing_store_raises() -> None:
    """Lambda is to retry what the store could not do."""
    with pytest.raises(DependencyError):
        process(ORDER, delivery(), InMemoryOrders(failing=True))


@given(orders)
def test_the_digest_is_the_documented_one(event: dict[str, Any]) -> None:
    """Any client can compute it: sorted keys, no blanks, UTF-8, SHA-256; member order is free."""
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content_digest(event) == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert content_digest(dict(reversed(event.items()))) == content_digest(event)
