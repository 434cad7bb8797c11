from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_processor.order import Order, Reason
from order_processor.schema import MAX_REASONS
from order_processor.validation import TOO_MANY_REASONS, order_id_of, validate

from services.order_processor.tests.orders import (
    NOW,
    ORDER,
    broken_orders,
    changed,
    json_values,
    orders,
)

README = Path(__file__).parents[1] / "README.md"


def _reasons(event: object) -> tuple[Reason, ...]:
    reasons = validate(event, NOW)
    assert not isinstance(reasons, Order)
    return reasons


def _found(event: object) -> set[tuple[str, str]]:
    return {(reason.code, reason.path) for reason in _reasons(event)}


def _line(**members: Any) -> dict[str, Any]:
    return changed(lines=[ORDER["lines"][0] | members])


@given(orders)
def test_a_valid_order_is_an_order(event: dict[str, Any]) -> None:
    """What the contract allows comes back as an order with the same content."""
    order = validate(event, NOW)
    assert isinstance(order, Order)
    assert order.order_id == event["orderId"]
    assert [(quantity, str(price)) for quantity, price in order.lines] == [
        (line["quantity"], line["unitPrice"]) for line in event["lines"]
    ]
    assert (order.source, order.customer_id) == (event.get("source"), event.get("customerId"))


@given(broken_orders() | json_values)
def test_anything_else_is_rejected_with_documented_reasons_that_can_be_sent(event: Any) -> None:
    """Never an exception; every code stands in the README; the reasons survive UTF-8."""
    reasons = validate(event, NOW)
    if isinstance(reasons, Order):
        return
    assert reasons
    documented = README.read_text(encoding="utf-8")
    for reason in reasons:
        json.dumps([reason.path, reason.message], ensure_ascii=False).encode()
        assert f"`{reason.code}`" in documented


@pytest.mark.parametrize("event", [None, True, 1, "order", [], [ORDER]])
def test_what_is_no_object_is_not_an_order(event: object) -> None:
    """One well-defined reason stands for all that is not an order at all."""
    assert _found(event) == {("NOT_AN_ORDER", "")}


@pytest.mark.parametrize(
    ("event", "code", "path"),
    [
        (changed(currency="XYZ"), "CURRENCY_UNKNOWN", "/currency"),
        (changed(currency="XTS"), "CURRENCY_UNKNOWN", "/currency"),
        (changed(placedAt="2026-02-30T00:00:00Z"), "PLACED_AT_NOT_A_TIME", "/placedAt"),
        (changed(placedAt="2026-03-01T23:59:60Z"), "PLACED_AT_NOT_A_TIME", "/placedAt"),
        (changed(placedAt="2026-02-28T24:00:00Z"), "PLACED_AT_NOT_A_TIME", "/placedAt"),
        (changed(placedAt="2026-03-01T12:05:00.001Z"), "PLACED_AT_OUT_OF_RANGE", "/placedAt"),
        (changed(placedAt="1999-12-31T23:59:59Z"), "PLACED_AT_OUT_OF_RANGE", "/placedAt"),
        (changed(placedAt="2026-03-01T11:00:00"), "PLACED_AT_MALFORMED", "/placedAt"),
        (changed(placedAt="2026-03-01T13:06:00+01:00"), "PLACED_AT_OUT_OF_RANGE", "/placedAt"),
        (changed(placedAt="2000-01-01T00:00:00+00:01"), "PLACED_AT_OUT_OF_RANGE", "/placedAt"),
        (changed(placedAt="2026-03-01T11:00:00+24:00"), "PLACED_AT_MALFORMED", "/placedAt"),
        (changed(placedAt="2026-03-01T11:00:00.123"), "PLACED_AT_MALFORMED", "/placedAt"),
        (_line(quantity=2.0), "LINE_QUANTITY_IS_FLOAT", "/lines/0/quantity"),
        (_line(quantity=2.5), "LINE_QUANTITY_WRONG_TYPE", "/lines/0/quantity"),
        (_line(quantity=float("nan")), "LINE_QUANTITY_WRONG_TYPE", "/lines/0/quantity"),
        (_line(quantity=True), "LINE_QUANTITY_WRONG_TYPE", "/lines/0/quantity"),
        (_line(quantity=0), "LINE_QUANTITY_OUT_OF_RANGE", "/lines/0/quantity"),
        (_line(unitPrice=19.99), "LINE_UNIT_PRICE_WRONG_TYPE", "/lines/0/unitPrice"),
        (_line(unitPrice="1e3"), "LINE_UNIT_PRICE_MALFORMED", "/lines/0/unitPrice"),
        (_line(unitPrice="١"), "LINE_UNIT_PRICE_MALFORMED", "/lines/0/unitPrice"),
        (_line(unitPrice="1234567890"), "LINE_UNIT_PRICE_MALFORMED", "/lines/0/unitPrice"),
        (_line(sku=""), "LINE_SKU_LENGTH_OUT_OF_RANGE", "/lines/0/sku"),
        (_line(sku=" a"), "LINE_SKU_BAD_TEXT", "/lines/0/sku"),
        (_line(sku="a\ud800"), "LINE_SKU_BAD_TEXT", "/lines/0/sku"),
        (changed(orderId="order-1\n"), "ORDER_ID_MALFORMED", "/orderId"),
        (changed(orderId="a b"), "ORDER_ID_MALFORMED", "/orderId"),
        (changed(orderId=1001), "ORDER_ID_WRONG_TYPE", "/orderId"),
        (changed(customerId=None), "CUSTOMER_ID_WRONG_TYPE", "/customerId"),
        (changed(source="web shop"), "SOURCE_MALFORMED", "/source"),
        (_line(quantity=100_001), "LINE_QUANTITY_OUT_OF_RANGE", "/lines/0/quantity"),
        (_line(unitPrice="--1"), "LINE_UNIT_PRICE_MALFORMED", "/lines/0/unitPrice"),
        (changed(orderId="synthetic-1"), "ORDER_ID_RESERVED", "/orderId"),
        (changed(orderId="synthetic- "), "ORDER_ID_MALFORMED", "/orderId"),
        (changed(lines=[]), "LINES_COUNT_OUT_OF_RANGE", "/lines"),
        (changed(synthetic="yes"), "SYNTHETIC_WRONG_TYPE", "/synthetic"),
        (changed(extra=1), "UNKNOWN_MEMBER", "/extra"),
    ],
)
def test_each_rule_gives_its_reason_alone(event: object, code: str, path: str) -> None:
    """One slip, one reason, at the field where it is."""
    assert _found(event) == {(code, path)}


@pytest.mark.parametrize(
    "event",
    [
        changed(placedAt="2026-03-01T12:05:00Z"),
        changed(placedAt="2026-03-01T11:00:00.123456789+00:00"),
        changed(placedAt="2026-03-01t11:00:00z"),
        changed(placedAt="2026-03-01T13:04:59+01:00"),
        changed(placedAt="2026-03-01T00:00:00-00:00"),
        changed(orderId="#1001"),
        changed(orderId="gid://shopify/Order/123"),
        changed(orderId="SO/2024/0001"),
        changed(orderId="~" * 128, source="web"),
        changed(lines=[ORDER["lines"][0]] * 2),
        {name: value for name, value in ORDER.items() if name != "customerId"},
        _line(sku="é 漢字"),
        _line(unitPrice="0"),
        changed(orderId="synthetic"),
        changed(orderId="a-synthetic-1"),
        changed(customerId="synthetic-1", synthetic=True),
        _line(unitPrice="-0.5"),
        _line(quantity=100_000),
    ],
)
def test_accepts_the_edges(event: object) -> None:
    """Clock skew, nanoseconds, offsets, shops' ids, guests, repeated SKUs, other scripts, gifts."""
    assert isinstance(validate(event, NOW), Order)


@given(st.integers(min_value=0))
def test_says_how_to_send_a_number_as_an_id(number: int) -> None:
    """A shop's ids are numbers; the reason is one that its programmer can act on."""
    (reason,) = _reasons(changed(orderId=number))
    assert reason.message == "must be a string, in quotation marks"


def test_gives_every_reason_at_once() -> None:
    """A person can repair an order in one go."""
    line = {"sku": "a", "quantity": 0, "unitPrice": "1"}
    assert _found(changed(currency="XYZ", orderId=" ", lines=[line, line])) == {
        ("CURRENCY_UNKNOWN", "/currency"),
        ("ORDER_ID_MALFORMED", "/orderId"),
        ("LINE_QUANTITY_OUT_OF_RANGE", "/lines/0/quantity"),
        ("LINE_QUANTITY_OUT_OF_RANGE", "/lines/1/quantity"),
    }


def test_bounds_the_number_of_reasons() -> None:
    """However broken an event, its answer stays far below Lambda's 6 MB."""
    event = changed(**{f"m{number}": 1 for number in range(MAX_REASONS + 1)})
    reasons = validate(event, NOW)
    assert not isinstance(reasons, Order)
    assert len(reasons) == MAX_REASONS + 1
    assert reasons[-1].code == TOO_MANY_REASONS
    worst = Reason("LINE_UNIT_PRICE_WRONG_TYPE", "/lines/999/" + "😀" * 64, "x" * 90)
    size = len(json.dumps([worst.code, worst.path, worst.message])) + 40
    assert size * len(reasons) < 6 * 1024 * 1024


def test_looks_at_no_more_lines_than_an_order_may_have() -> None:
    """A flood of lines costs one reason, not one each."""
    good = ORDER["lines"][0]
    flood = [good] * 9_998 + [1] * 10
    assert _found(changed(lines=flood)) == {
        ("LINES_COUNT_OUT_OF_RANGE", "/lines"),
        *(("LINE_WRONG_TYPE", f"/lines/{index}") for index in range(9_998, 10_000)),
    }


def test_reasons_do_not_quote_the_customer() -> None:
    """Messages are fixed texts, fit for logs."""
    secret = "secret"
    reasons = validate(dict.fromkeys(ORDER, secret), NOW)
    assert not isinstance(reasons, Order)
    assert not any(secret in reason.message for reason in reasons)


@pytest.mark.parametrize(
    ("event", "order_id"),
    [
        (ORDER, "order-1"),
        ({"orderId": "a"}, "a"),
        ({"orderId": "a b"}, None),
        ({"orderId": 1}, None),
        ({}, None),
        ("x", None),
    ],
)
def test_knows_the_order_id_whatever_else_is_wrong(event: object, order_id: str | None) -> None:
    """Only a valid id is repeated, since it goes into logs."""
    assert order_id_of(event) == order_id
