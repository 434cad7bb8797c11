"""The use case: one order in, one answer out, at most one record kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from order_processor import meaning, pricing
from order_processor.order import Order, Reason
from order_processor.repository import Confirmation, OrderRecord
from order_processor.validation import is_synthetic, order_id_of, validate

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from order_processor.repository import OrderRepository

ORDER_ID_CONFLICT = "ORDER_ID_CONFLICT"
LINES_TOO_LARGE = "LINES_TOO_LARGE"
TOTAL_OUT_OF_RANGE = "TOTAL_OUT_OF_RANGE"
SYNTHETIC_KEPT = timedelta(days=1)
"""How long a synthetic order is recorded; the table's time to live deletes it afterwards."""

MAX_LINES_BYTES = 396_000
"""An item of DynamoDB has at most 400 KB, names included; the rest needs less than 4 KB of it."""


class Delivery(NamedTuple):
    """One delivery of an event: which invocation, on whose behalf, by which code, and when.

    `by_number` says that the caller named a version, not the alias.
    """

    request_id: str
    correlation_id: str
    function_version: str
    received_at: datetime
    by_number: bool = False


class Outcome(NamedTuple):
    """What became of a delivery. `answer` is the JSON object that the caller gets."""

    kind: Literal["confirmed", "duplicate", "rejected"]
    answer: dict[str, Any]
    order_id: str | None
    synthetic: bool = False
    codes: tuple[str, ...] = ()


def process(event: Any, delivery: Delivery, repository: OrderRepository) -> Outcome:
    """Validate, price and record the order that `event` carries.

    An event that is no valid order is rejected with every reason. A repeated delivery of the same
    content gets the stored answer, of other content under the same id a rejection. Raises
    DependencyError where the repository fails.
    """
    order = validate(event, delivery.received_at, by_number=delivery.by_number)
    if not isinstance(order, Order):
        synthetic = delivery.by_number and is_synthetic(event)
        return _rejected(order_id_of(event), synthetic, order)
    lines = meaning.lines_as_json(event["lines"])
    if len(lines) * 4 > MAX_LINES_BYTES and len(lines.encode()) > MAX_LINES_BYTES:
        message = f"must be at most {MAX_LINES_BYTES} bytes as compact JSON in UTF-8"
        reason = Reason(LINES_TOO_LARGE, "/lines", message)
        return _rejected(order.order_id, order.synthetic, (reason,))
    total = pricing.total(order)
    if total.is_signed() or total >= pricing.MAX_TOTAL:
        message = f"must come to at least 0 and less than {pricing.MAX_TOTAL}"
        reason = Reason(TOTAL_OUT_OF_RANGE, "/lines", message)
        return _rejected(order.order_id, order.synthetic, (reason,))
    record = _record(event, lines, order, total, delivery)
    kept = repository.add(record)
    if not kept.same_order(record.confirmation):
        reason = Reason(ORDER_ID_CONFLICT, "/orderId", "is taken by an order of other content")
        return _rejected(order.order_id, order.synthetic, (reason,))
    return _confirmed(kept, delivery, order.synthetic)


def _record(
    event: Any, lines: str, order: Order, total: Decimal, delivery: Delivery
) -> OrderRecord:
    event_digest, content_digest = meaning.digests(event, lines)
    confirmed_at = delivery.received_at.isoformat(timespec="milliseconds")
    confirmation = Confirmation(
        order_id=order.order_id,
        event_digest=event_digest,
        content_digest=content_digest,
        currency=order.currency,
        total=f"{total:f}",
        line_count=len(order.lines),
        confirmed_at=confirmed_at.replace("+00:00", "Z"),
        request_id=delivery.request_id,
        source=order.source,
    )
    return OrderRecord(
        confirmation=confirmation,
        customer_id=order.customer_id,
        lines=lines,
        placed_at=order.placed_at,
        function_version=delivery.function_version,
        correlation_id=delivery.correlation_id,
        expires_at=_expiry(delivery.received_at) if order.synthetic else None,
    )


def _expiry(now: datetime) -> int:
    return int((now + SYNTHETIC_KEPT).timestamp())


def _confirmed(kept: Confirmation, delivery: Delivery, synthetic: bool) -> Outcome:
    # Lambda retries an asynchronous event under its request id, and the SDK a lost reply within
    # one invocation: a record of the same request id is this delivery's own, not yet reported.
    own = kept.request_id == delivery.request_id
    answer = {
        "status": "confirmed",
        "orderId": kept.order_id,
        "currency": kept.currency,
        "total": kept.total,
        "lineCount": kept.line_count,
        "confirmedAt": kept.confirmed_at,
        "contentDigest": kept.content_digest,
    }
    if kept.source is not None:
        answer["source"] = kept.source
    return Outcome("confirmed" if own else "duplicate", answer, kept.order_id, synthetic)


def _rejected(order_id: str | None, synthetic: bool, reasons: tuple[Reason, ...]) -> Outcome:
    answer = {
        "status": "rejected",
        "orderId": order_id,
        "reasons": [{"code": r.code, "path": r.path, "message": r.message} for r in reasons],
    }
    codes = tuple(sorted({reason.code for reason in reasons}))
    return Outcome("rejected", answer, order_id, synthetic, codes)
