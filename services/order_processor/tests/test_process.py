from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from order_processor import meaning
from order_processor.process import process
from order_processor.repository import DependencyError

from services.order_processor.tests.fakes import InMemoryOrders
from services.order_processor.tests.inputs import oracle
from services.order_processor.tests.orders import ORDER, broken_orders, changed, delivery, orders

if TYPE_CHECKING:
    from collections.abc import Callable


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
        "contentDigest": oracle.digest(ORDER),
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
    outcome = process({"orderId": " "}, delivery(), InMemoryOrders())
    assert outcome.answer["status"] == "rejected"
    assert outcome.answer["orderId"] is None
    assert list(outcome.codes) == sorted(set(outcome.codes))
    assert {r["path"] for r in outcome.answer["reasons"]} >= {"/orderId", "/lines"}


def test_a_failing_store_raises() -> None:
    """Lambda is to retry what the store could not do."""
    with pytest.raises(DependencyError):
        process(ORDER, delivery(), InMemoryOrders(failing=True))


_LINES = st.fixed_dictionaries(
    {"sku": st.text(max_size=9), "quantity": st.integers(), "unitPrice": st.sampled_from(["-1.5"])}
)


@given(st.lists(_LINES, max_size=3))
@example([{"sku": '"\\\n', "quantity": 1, "unitPrice": "1"}])
def test_lines_are_written_as_any_encoder_does(lines: list[dict[str, Any]]) -> None:
    """Whatever the SKUs are: the digest and the record are of this text."""
    assert meaning.lines_as_json(lines) == meaning.compact(lines)


@given(orders)
@example(changed(lines=[*ORDER["lines"], {"sku": "a", "quantity": 1, "unitPrice": "-0.00"}]))
def test_the_digest_is_the_documented_one(event: dict[str, Any]) -> None:
    """Any sender can compute it; another implementation of the README's words comes to the same."""
    outcome = process(event, delivery(), InMemoryOrders())
    assume(outcome.kind == "confirmed")
    assert outcome.answer["contentDigest"] == oracle.digest(event)


_OTHER_WORDS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda event: dict(reversed(event.items())),
    lambda event: event | {"synthetic": False},
    lambda event: event | {"placedAt": event["placedAt"].replace("Z", "+00:00")},
    lambda event: event | {"placedAt": event["placedAt"].replace("Z", "-00:00")},
    lambda event: event | {"placedAt": event["placedAt"].lower()},
    lambda event: event | {"placedAt": "2026-03-01T10:59:58.123-01:00"},
    lambda event: event | {"placedAt": "2026-03-01T11:59:58.123000Z"},
    lambda event: event | {"lines": [*event["lines"][:1], _cheaper(event, "0.50")]},
    lambda event: event | {"lines": [*event["lines"][:1], _cheaper(event, "0.500000")]},
]


def _cheaper(event: dict[str, Any], price: str) -> dict[str, Any]:
    return {"unitPrice": price, "quantity": 1, "sku": event["lines"][1]["sku"]}


@pytest.mark.parametrize("number", range(len(_OTHER_WORDS)))
def test_the_same_order_in_other_words_is_a_duplicate(number: int) -> None:
    """Content is compared by meaning, and the answer is the stored one."""
    repository = InMemoryOrders()
    first = process(ORDER, delivery("first"), repository)
    again = process(_OTHER_WORDS[number](ORDER), delivery("second"), repository)
    assert (again.kind, again.answer) == ("duplicate", first.answer)


@pytest.mark.parametrize(
    "other",
    [
        changed(customerId="somebody else"),
        changed(placedAt="2026-03-01T11:59:58.124Z"),
        changed(placedAt="2026-03-01T11:59:58.123+00:01"),
        changed(lines=list(reversed(ORDER["lines"]))),
        changed(lines=[*ORDER["lines"][:1], {"sku": "pen", "quantity": 1, "unitPrice": "-0.5"}]),
        changed(
            lines=[*ORDER["lines"][:1], {"sku": "pen\ufe0f", "quantity": 1, "unitPrice": "0.5"}]
        ),
        {name: value for name, value in ORDER.items() if name != "customerId"},
    ],
)
def test_another_order_under_the_same_id_is_a_conflict(other: dict[str, Any]) -> None:
    """One member that means something else is another order; so is a variation selector."""
    repository = InMemoryOrders()
    process(ORDER, delivery(), repository)
    assert process(other, delivery(), repository).kind == "rejected"


@given(orders)
def test_a_record_of_contract_1_is_known_again(event: dict[str, Any]) -> None:
    """A delivery that version 1 took, with the digest that it kept, is no conflict in version 2."""
    repository = InMemoryOrders()
    first = process(event, delivery(), repository)
    assume(first.kind == "confirmed")
    (key,) = repository.records
    kept = repository.records[key]
    digest = hashlib.sha256(meaning.compact(event).encode()).hexdigest()
    assert kept.confirmation.event_digest == digest, "what version 1 compares after a rollback"
    before = kept.confirmation._replace(content_digest=digest)
    repository.records[key] = kept._replace(confirmation=before)
    again = process(event, delivery("again"), repository)
    assert (again.kind, again.answer["contentDigest"]) == ("duplicate", digest)


def test_a_source_is_part_of_the_key_and_of_the_answer() -> None:
    """Two channels use one id; whoever sends none gets the answer of version 1."""
    repository = InMemoryOrders()
    for source in ("web", "till"):
        outcome = process(changed(source=source), delivery(), repository)
        assert (outcome.kind, outcome.answer["source"]) == ("confirmed", source)
    outcome = process(ORDER, delivery(), repository)
    assert outcome.kind == "confirmed"
    assert "source" not in outcome.answer
    assert set(repository.records) == {"web order-1", "till order-1", "order-1"}


@pytest.mark.parametrize(
    ("prices", "total"),
    [
        (["10.00", "-2.50"], "7.50"),
        (["10.00", "-10.00"], "0.00"),
        (["-0"], "0.00"),
        (["-0.001"], None),
        (["10.00", "-10.01"], None),
    ],
)
def test_discounts_and_returns_leave_at_least_zero(prices: list[str], total: str | None) -> None:
    """Money that goes to the customer is no order."""
    lines = [{"sku": "a", "quantity": 1, "unitPrice": price} for price in prices]
    outcome = process(changed(lines=lines), delivery(), InMemoryOrders())
    assert outcome.answer.get("total") == total
    assert outcome.codes == (() if total else ("TOTAL_OUT_OF_RANGE",))
