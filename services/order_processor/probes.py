"""What is sent to the order processor to try it and to load it, and what its answers mean."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.probes import Outcome, Probe

if TYPE_CHECKING:
    from collections.abc import Callable

_ARTICLES = 1_000
_CURRENCIES = ("EUR", "USD", "GBP")


@dataclass(frozen=True, slots=True)
class Basket:
    """What is ordered, as (unit price, quantity) per line, and the total that it must come to."""

    currency: str
    lines: tuple[tuple[str, int], ...]
    total: str


BASKETS = (
    Basket("EUR", (("19.99", 2),), "39.98"),
    Basket("USD", (("0.10", 3), ("199.99", 1)), "200.29"),
    Basket("GBP", (("7.35", 9), ("0.01", 1)), "66.16"),
    Basket("JPY", (("333.4", 1), ("66.1", 1)), "400"),
    Basket("KWD", (("1.2345", 1),), "1.235"),
    Basket("EUR", tuple(("123.45", 9) for _ in range(40)), "44442.00"),
    Basket("USD", (("99999.99", 1000),), "99999990.00"),
)
"""Totals worked out by hand, one per rule of pricing: exact sums, three kinds of minor unit, a half
unit upwards, many lines, a large order."""


def accepted(mark: str, at: datetime) -> list[Probe]:
    """One order per rule of pricing."""
    found = []
    for number, basket in enumerate(BASKETS):
        event = _order(f"{mark}-{number}", at, basket)
        answer = {
            "status": "confirmed",
            "orderId": event["orderId"],
            "currency": basket.currency,
            "total": basket.total,
        }
        found.append(Probe(event, answer))
    return found


def refused(mark: str, at: datetime) -> list[Probe]:
    """An order without the members of its first line that it needs."""
    event = _order(f"{mark}-invalid", at, BASKETS[0])
    event["lines"] = [{**event["lines"][0], "quantity": 0}]
    return [Probe(event, {"status": "rejected"}, present=("reasons",))]


def event_id(event: object) -> str | None:
    """The order's id."""
    found = event.get("orderId") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def outcome(answer: object) -> Outcome | None:
    """Its status; a duplicate is confirmed once more, with the stored answer."""
    found = answer.get("status") if isinstance(answer, dict) else None
    return found if found in ("confirmed", "rejected") else None


def reason(answer: object) -> str:
    """The codes of its reasons."""
    reasons = answer.get("reasons") if isinstance(answer, dict) else None
    if not isinstance(reasons, list):
        return ""
    return ",".join(str(each.get("code")) for each in reasons if isinstance(each, dict))


def event(event_id: str, at: float, drawn: bytes) -> bytes:
    """An order of one to five lines.

    Written out and not serialised: that takes a quarter of the time, which is the sender's own.
    """
    # An odd stride below 400 names no article twice in five lines of a thousand articles.
    first, stride = int.from_bytes(drawn[0:4], "big"), 1 + 2 * drawn[4] % 200
    lines = ",".join(
        _line((first + stride * number) % _ARTICLES, drawn[8 + 4 * number : 12 + 4 * number])
        for number in range(1 + drawn[5] % 5)
    )
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6]
    customer = int.from_bytes(drawn[60:62], "big") % 10_000
    return (
        f'{{"currency":"{_CURRENCIES[drawn[6] % 3]}","customerId":"customer-{customer:04d}",'
        f'"lines":[{lines}],"orderId":"{event_id}","placedAt":"{stamp}Z"}}'
    ).encode()


def spoilt(event: bytes, drawn: int) -> bytes:
    """The order without lines, quantity or currency, or with a comma in its price."""
    content: dict[str, Any] = json.loads(event)
    _SPOILERS[drawn % len(_SPOILERS)](content)
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _order(order_id: str, at: datetime, basket: Basket) -> dict[str, Any]:
    return {
        "orderId": order_id,
        "customerId": "smoke",
        "currency": basket.currency,
        "placedAt": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lines": [
            {"sku": f"SMOKE-{number}", "quantity": quantity, "unitPrice": price}
            for number, (price, quantity) in enumerate(basket.lines, start=1)
        ],
    }


def _line(article: int, drawn: bytes) -> str:
    price = 1 + int.from_bytes(drawn[1:], "big") % 20_000
    return (
        f'{{"quantity":{1 + drawn[0] % 9},"sku":"SKU-{article:03d}",'
        f'"unitPrice":"{price // 100}.{price % 100:02d}"}}'
    )


def _no_lines(content: dict[str, Any]) -> None:
    content["lines"] = []


def _no_quantity(content: dict[str, Any]) -> None:
    content["lines"][0]["quantity"] = 0


def _comma_in_price(content: dict[str, Any]) -> None:
    content["lines"][0]["unitPrice"] = "1,00"


def _no_currency(content: dict[str, Any]) -> None:
    del content["currency"]


_SPOILERS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _no_lines,
    _no_quantity,
    _comma_in_price,
    _no_currency,
)
