"""What is sent to the order processor to try it and to load it, and what its answers mean."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, cycle
from typing import TYPE_CHECKING, Any, Final

from service.probes import Outcome, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Order = dict[str, Any]
    Change = Callable[[Order, datetime], None]

_DIGITS: Final = {
    code: digits
    for digits, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
        2: "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD INR MXN NOK NZD PLN SEK USD",
        3: "BHD IQD JOD KWD LYD OMR TND",
    }.items()
    for code in codes.split()
}
"""Minor units of 40 currencies (ISO 4217): each comes up once in the 60 orders of a smoke test."""
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
_SOURCE: Final = "".join(c for c in _ASCII if c.isalnum() or c in "._-")
_TEXT: Final = "aZ09 .-/#äßéñøŁžЖЯαΩ漢字寿司かなカナ한글עבאبتไทย😀👩‍🚀½€™"
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


def drawn(mark: str, at: datetime, seed: int) -> Iterator[Probe]:
    """Orders without end: one in three must be refused; after one in ten its id is used again."""
    rng = random.Random(seed)  # noqa: S311 (no secret)
    currencies = cycle(rng.sample(sorted(_DIGITS), len(_DIGITS)))
    spoilers = cycle(rng.sample(_REFUSED, len(_REFUSED)))
    for number in count():
        if number % 3 == 2:
            because, spoil = next(spoilers)
            order = _drawn_order(f"{mark}-r{number}", at, "EUR", rng)
            spoil(order, at)
            yield Probe(order, {"status": "rejected"}, present=("reasons",), because=because)
            continue
        order = _drawn_order(f"{mark}-d{number}", at, next(currencies), rng)
        name = f"drawn:{seed:x}/{number}"
        then = (_conflict(order),) if number % 10 == 0 else ()
        yield _taken(order, name, then)


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
    _SPOILERS[drawn % len(_SPOILERS)](content, datetime.now(UTC))
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


def _taken(order: Order, name: str, then: tuple[Probe, ...]) -> Probe:
    answer = {"status": "confirmed", "orderId": order["orderId"], "currency": order["currency"]}
    answer |= {"total": _total(order), "lineCount": len(order["lines"])}
    if "source" in order:
        answer["source"] = order["source"]
    return Probe(
        order,
        answer,
        present=("confirmedAt", "contentDigest"),
        custom={"correlationId": name},
        logged=(name,),
        then=then,
    )


def _conflict(order: Order) -> Probe:
    other = copy.deepcopy(order)
    other["lines"][0]["quantity"] += 1
    return Probe(other, {"status": "rejected"}, because="ORDER_ID_CONFLICT")


def _total(order: Order) -> str:
    lines = order["lines"]
    amount = sum((line["quantity"] * Decimal(line["unitPrice"]) for line in lines), Decimal(0))
    unit = Decimal(1).scaleb(-_DIGITS[order["currency"]])
    return f"{amount.quantize(unit, rounding=ROUND_HALF_UP):f}"


def _drawn_order(order_id: str, at: datetime, currency: str, rng: random.Random) -> Order:
    order = {
        "orderId": f"{order_id}/{_chosen(_ASCII, rng.choice((0, 0, 1, 9)), rng)}",
        "currency": currency,
        "placedAt": _moment(at - timedelta(seconds=rng.randrange(30 * 86_400)), rng),
        "lines": _lines(rng),
    }
    if rng.random() < 0.8:  # the others are guests
        order["customerId"] = _chosen(_ASCII, rng.choice((1, 8, 36, 128)), rng)
    if rng.random() < 0.4:
        order["source"] = _chosen(_SOURCE, rng.choice((1, 5, 64)), rng)
    return order


def _lines(rng: random.Random) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [
        {"sku": _sku(rng), "quantity": rng.choice((1, 2, 7, 99, 1000)), "unitPrice": _price(rng)}
        for _ in range(rng.choice((1, 1, 2, 3, 5, 12)))
    ]
    if len(lines) > 1 and rng.random() < 0.5:
        # A discount, and more than that to take it from: the total is at least zero.
        lines[0] |= {"unitPrice": "100000.00"}
        lines[-1] |= {"quantity": 1, "unitPrice": "-" + lines[-1]["unitPrice"]}
    return lines


def _price(rng: random.Random) -> str:
    whole = rng.choice((0, rng.randrange(1, 10), rng.randrange(10, 100_000)))
    digits = rng.choice((0, 1, 2, 2, 2, 3, 4, 6))
    return f"{whole}.{_chosen('0123456789', digits, rng)}" if digits else str(whole)


def _sku(rng: random.Random) -> str:
    # Text with a letter at both ends: no space may stand there, and something must show.
    return f"S{_chosen(_TEXT, rng.choice((0, 3, 12, 62)), rng)}x"


def _moment(moment: datetime, rng: random.Random) -> str:
    hours, minutes = rng.choice(((0, 0), (2, 0), (-8, 0), (5, 45), (-3, -30)))
    local = moment.astimezone(UTC) + timedelta(hours=hours, minutes=minutes)
    fraction = rng.choice(("", ".5", ".123", ".123456", ".123456789"))
    sign = "-" if hours < 0 else "+"
    offset = f"{sign}{abs(hours):02d}:{abs(minutes):02d}"
    if not hours:
        offset = rng.choice(("Z", "z", "+00:00"))
    return f"{local:%Y-%m-%d}{rng.choice('TTt')}{local:%H:%M:%S}{fraction}{offset}"


def _chosen(letters: str, number: int, rng: random.Random) -> str:
    """So many, with each of the letters where they suffice."""
    whole = min(number, len(letters))
    return "".join([*rng.sample(letters, whole), *rng.choices(letters, k=number - whole)])


def _set(name: str, value: object) -> Change:
    return lambda order, _: order.update({name: value})


def _set_line(name: str, value: object) -> Change:
    return lambda order, _: order["lines"][-1].update({name: value})


def _leave_out(name: str) -> Change:
    return lambda order, _: order.pop(name)


def _tomorrow(order: Order, at: datetime) -> None:
    order["placedAt"] = f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%S}Z"


def _space_in_id(order: Order, _: datetime) -> None:
    order["orderId"] += " x"


def _refund(order: Order, _: datetime) -> None:
    order["lines"] = [{"sku": "return", "quantity": 1, "unitPrice": "-0.01"}]


_REFUSED: Final[tuple[tuple[str, Change], ...]] = (
    ("LINE_QUANTITY_OUT_OF_RANGE", _set_line("quantity", 0)),
    ("LINE_QUANTITY_OUT_OF_RANGE", _set_line("quantity", 100_001)),
    ("LINE_QUANTITY_WRONG_TYPE", _set_line("quantity", "2")),
    ("LINE_QUANTITY_IS_FLOAT", _set_line("quantity", 2.0)),
    ("LINE_UNIT_PRICE_MALFORMED", _set_line("unitPrice", "1,50")),
    ("LINE_UNIT_PRICE_WRONG_TYPE", _set_line("unitPrice", 1.5)),
    ("LINE_SKU_LENGTH_OUT_OF_RANGE", _set_line("sku", "x" * 65)),
    ("LINE_SKU_BAD_TEXT", _set_line("sku", " x")),
    ("LINES_COUNT_OUT_OF_RANGE", _set("lines", [])),
    ("LINES_MISSING", _leave_out("lines")),
    ("CURRENCY_MISSING", _leave_out("currency")),
    ("CURRENCY_MALFORMED", _set("currency", "eur")),
    ("CURRENCY_UNKNOWN", _set("currency", "XXX")),
    ("PLACED_AT_MALFORMED", _set("placedAt", "2026-03-01T12:00:00")),
    ("PLACED_AT_NOT_A_TIME", _set("placedAt", "2026-02-30T12:00:00Z")),
    ("PLACED_AT_OUT_OF_RANGE", _tomorrow),
    ("CUSTOMER_ID_MALFORMED", _set("customerId", "a b")),
    ("ORDER_ID_MALFORMED", _space_in_id),
    ("UNKNOWN_MEMBER", _set("coupon", "A")),
    ("TOTAL_OUT_OF_RANGE", _refund),
)
"""Each with the one reason that it must get; all come up in the 60 orders of a smoke test."""

_SPOILERS: Final = (
    _set("lines", []),
    _set_line("quantity", 0),
    _set_line("unitPrice", "1,00"),
    _leave_out("currency"),
)
