"""Decides whether an event is an order, and if not, says every reason why.

First the published schema (`order.schema.json`), then the rules that a schema cannot say; a rule
runs only where the schema found nothing wrong with the field, so that one slip gives one reason.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from order_processor import text
from order_processor.currencies import MINOR_UNIT_DIGITS
from order_processor.meaning import moment
from order_processor.order import Order, Reason
from order_processor.schema import MAX_REASONS, compile_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_AN_ORDER = "NOT_AN_ORDER"
ORDER_ID_RESERVED = "ORDER_ID_RESERVED"
TOO_MANY_REASONS = "TOO_MANY_REASONS"

MAX_CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of ours the customer's clock may be. There is no oldest age: an order may come
back from the dead-letter queue after two weeks and must then still get the answer it got first."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No order is older; a date before it is a clock that was never set."""
SYNTHETIC = "synthetic-"
"""What the ids of synthetic orders begin with, and of no others. Only who invokes a version by its
number may send them: that is the release tool, and nobody else may."""

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("order.schema.json").read_bytes())
_check = compile_schema(SCHEMA)
_check_order_id = compile_schema(SCHEMA["properties"]["orderId"])


def validate(
    event: object, now: datetime, *, by_number: bool = False
) -> Order | tuple[Reason, ...]:
    """Return the order that `event` is, or all reasons (at least one) why it is none.

    `event` is any value that JSON can carry; `now` must be aware of its time zone; `by_number` says
    that a version was invoked by its number.
    """
    if not isinstance(event, dict):
        return (Reason(NOT_AN_ORDER, "", "must be a JSON object"),)
    reasons: list[Reason] = []
    _check(event, "", reasons)
    faulty = {reason.path for reason in reasons}
    reasons.extend(reason for reason in _rules(event, now, faulty) if reason.path not in faulty)
    synthetic = is_synthetic(event)
    if synthetic and not by_number and "/orderId" not in faulty:
        message = f"must not begin with {SYNTHETIC}, which is reserved"
        reasons.append(Reason(ORDER_ID_RESERVED, "/orderId", message))
    if reasons:
        return _bounded(reasons)
    return _order(event, synthetic=synthetic)


def is_synthetic(event: object) -> bool:
    """Whether the event's id begins as a synthetic order's, be the event valid or not."""
    order_id = event.get("orderId") if isinstance(event, dict) else None
    return isinstance(order_id, str) and order_id.startswith(SYNTHETIC)


def order_id_of(event: object) -> str | None:
    """Return the event's order id where it is a valid one, whatever else is wrong with it."""
    order_id = event.get("orderId") if isinstance(event, dict) else None
    reasons: list[Reason] = []
    _check_order_id(order_id, "", reasons)
    return None if reasons else order_id


def _bounded(reasons: list[Reason]) -> tuple[Reason, ...]:
    """Lambda turns a response over 6 MB into a function error."""
    if len(reasons) <= MAX_REASONS:
        return tuple(reasons)
    message = f"has more than {MAX_REASONS} reasons; the first ones are given"
    return (*reasons[:MAX_REASONS], Reason(TOO_MANY_REASONS, "", message))


def _rules(event: dict[str, Any], now: datetime, faulty: set[str]) -> Iterator[Reason]:
    currency = event.get("currency")
    if isinstance(currency, str) and currency not in MINOR_UNIT_DIGITS:
        yield Reason("CURRENCY_UNKNOWN", "/currency", "must be a current code of ISO 4217")
    if "placedAt" in event and "/placedAt" not in faulty:
        yield from _placed_at_rules(event["placedAt"], now)
    if isinstance(lines := event.get("lines"), list):
        yield from _line_rules(lines[: SCHEMA["properties"]["lines"]["maxItems"]])


def _placed_at_rules(written: str, now: datetime) -> Iterator[Reason]:
    try:
        placed_at = moment(written)
    except ValueError:
        yield Reason("PLACED_AT_NOT_A_TIME", "/placedAt", "must be a date and time that exists")
        return
    if not EARLIEST <= placed_at <= now + MAX_CLOCK_SKEW:
        message = f"must be after {EARLIEST:%Y} and at most {MAX_CLOCK_SKEW} h ahead of our clock"
        yield Reason("PLACED_AT_OUT_OF_RANGE", "/placedAt", message)


def _line_rules(lines: list[Any]) -> Iterator[Reason]:
    for index, line in enumerate(lines):
        if not isinstance(line, dict):
            continue
        if isinstance(line.get("quantity"), float):
            message = "must be written without a fraction part"
            yield Reason("LINE_QUANTITY_IS_FLOAT", f"/lines/{index}/quantity", message)
        sku = line.get("sku")
        if isinstance(sku, str) and (fault := text.fault(sku)):
            yield Reason("LINE_SKU_BAD_TEXT", f"/lines/{index}/sku", fault)


def _order(event: dict[str, Any], *, synthetic: bool) -> Order:
    return Order(
        order_id=event["orderId"],
        customer_id=event.get("customerId"),
        currency=event["currency"],
        placed_at=event["placedAt"],
        lines=tuple([(line["quantity"], Decimal(line["unitPrice"])) for line in event["lines"]]),
        synthetic=synthetic,
        source=event.get("source"),
    )
