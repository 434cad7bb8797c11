from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from order_processor import validation
from order_processor.order import Order, Reason
from order_processor.validation import order_id_of, validate

from services.order_processor.tests.orders import (
    NOW,
    ORDER,
    broken_orders,
    changed,
    json_values,
    orders,
)

README = Path(__file__).parents[1] / "README.md"


def _found(event: object) -> set[tuple[str, str]]:
    reasons = validate(event, NOW)
    assert not isinstance(reasons, Order)
    return {(reason.code, reason.path) for reason in reasons}


def _line(**members: Any) -> dict[str, Any]:
    return changed(lines=[ORDER["lines"][0] | members])


@given(orders)
def test_a_valid_order_is_an_order(event: dict[str, Any]) -> None:
    """What the contract allows comes back as an order with the same content."""
    order = validate(event, NOW)
    assert isinstance(order, Order)
    assert order.order_id == event["orderId"]
    assert [str(line.unit_price) for line in order.lines] == [
        line["unitPrice"] for line in event["lines"]
    ]


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
        (changed(placedAt="2026-03-01T11:00:00+01:00"), "PLACED_AT_MALFORMED", "/placedAt"),
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
        (_line(sku="e\u0301"), "LINE_SKU_BAD_TEXT", "/lines/0/sku"),
        (changed(orderId="order-1\n"), "ORDER_ID_MALFORMED", "/orderId"),
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
        _line(sku="é 漢字"),
        _line(unitPrice="0"),
    ],
)
def test_accepts_the_edges(event: object) -> None:
    """Five minutes of clock skew, nanoseconds, other scripts and gifts are fine."""
    assert isinstance(validate(event, NOW), Order)


def test_gives_every_reason_at_once() -> None:
    """A person can repair an order in one go."""
    line = {"sku": "a", "quantity": 0, "unitPrice": "1"}
    assert _found(changed(currency="XYZ", orderId="?", lines=[line, line])) == {
        ("CURRENCY_UNKNOWN", "/currency"),
        ("ORDER_ID_MALFORMED", "/orderId"),
        ("LINE_QUANTITY_OUT_OF_RANGE", "/lines/0/quantity"),
        ("LINE_QUANTITY_OUT_OF_RANGE", "/lines/1/quantity"),
        ("LINE_SKU_DUPLICATE", "/lines/1/sku"),
    }


def test_bounds_the_number_of_reasons() -> None:
    """However broken an event, its answer stays far below Lambda's 6 MB."""
    event = changed(**{f"m{number}": 1 for number in range(validation.MAX_REASONS + 1)})
    reasons = validate(event, NOW)
    assert not isinstance(reasons, Order)
    assert len(reasons) == validation.MAX_REASONS + 1
    assert reasons[-1].code == validation.TOO_MANY_REASONS
    worst = Reason("LINE_UNIT_PRICE_WRONG_TYPE", "/lines/999/" + "😀" * 64, "x" * 90)
    size = len(json.dumps([worst.code, worst.path, worst.message])) + 40
    assert size * len(reasons) < 6 * 1024 * 1024


def test_looks_at_no_more_lines_than_an_order_may_have() -> None:
    """A flood of lines costs one reason, not one each."""
    assert _found(changed(lines=[1] * 1_500)) == {
        ("LINES_COUNT_OUT_OF_RANGE", "/lines"),
        *(("LINE_WRONG_TYPE", f"/lines/{index}") for index in range(1_000)),
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
        ({"orderId": "?"}, None),
        ({"orderId": 1}, None),
        ({}, None),
        ("x", None),
    ],
)
def test_knows_the_order_id_whatever_else_is_wrong(event: object, order_id: str | None) -> None:
    """Only a valid id is repeated, since it goes into logs."""
    assert order_id_of(event) == order_id


def test_every_documented_code_can_be_told_from_the_others() -> None:
    """The README lists each code once."""
    listed = re.findall(r"^\| `([A-Z_]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed
    assert len(listed) == len(set(listed))
