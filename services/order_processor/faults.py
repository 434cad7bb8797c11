"""What `nox -s faults` must know of the order processor: an oracle of its own.

Nothing here comes from the package: totals and answers are computed anew from the contract.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from rehearsal.faults.oracle import Breakage

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

DIGITS: Final = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
"""Minor units of the currencies that are ordered in (ISO 4217)."""
_SKUS: Final = ("bolt-M8", "nut-M8", "washer", "Käse", "寿司", "rod 2 m", "Öl", "tape", "zip-tie")


@dataclass(frozen=True, slots=True)
class Content:
    """An order's content. `placed_offset` is in seconds from the start of the run."""

    order_id: str
    customer_id: str
    currency: str
    placed_offset: int
    lines: tuple[tuple[str, int, str], ...]
    valid: bool = True

    def event(self, started_at: float) -> dict[str, Any]:
        """Return the order for a run that started at `started_at` (epoch seconds)."""
        placed = datetime.fromtimestamp(int(started_at) + self.placed_offset, UTC)
        return {
            "orderId": self.order_id,
            "customerId": self.customer_id,
            "currency": self.currency,
            "placedAt": placed.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lines": [
                {"sku": sku, "quantity": quantity, "unitPrice": price}
                for sku, quantity, price in self.lines
            ],
        }


def draw(
    event_id: str, rng: random.Random, offset: int | None = None, *, valid: bool = True
) -> Content:
    """Draw an order; it was placed within the last ten days unless told otherwise."""
    lines = tuple(
        (sku, rng.randint(1, 99), f"{rng.randrange(1, 10**6)}.{rng.randrange(10**4):04d}")
        for sku in rng.sample(_SKUS, rng.randint(1, 4))
    )
    placed = -rng.randrange(10 * 86_400) if offset is None else offset
    customer = f"customer-{rng.randrange(10_000):04d}"
    return Content(event_id, customer, rng.choice(tuple(DIGITS)), placed, lines, valid)


def total(event: Mapping[str, Any]) -> str:
    """Return what an order costs: the exact sum, rounded once, half a minor unit upwards."""
    lines = event["lines"]
    amount = sum((line["quantity"] * Decimal(line["unitPrice"]) for line in lines), Decimal(0))
    unit = Decimal(1).scaleb(-DIGITS[event["currency"]])
    return str(amount.quantize(unit, rounding=ROUND_HALF_UP))


def meant(event: Mapping[str, Any]) -> str:
    """Return the digest of what an order means: prices with the digits of the minor unit, and more
    only where they are not zero; all else is drawn in canonical form."""
    unit = Decimal(1).scaleb(-DIGITS[event["currency"]])
    lines = [line | {"unitPrice": _price(line["unitPrice"], unit)} for line in event["lines"]]
    members = {**event, "lines": lines}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _price(text: str, unit: Decimal) -> str:
    short = Decimal(text).quantize(unit, rounding=ROUND_DOWN)
    return str(short) if short == Decimal(text) else text.rstrip("0")


def recorded(item: Mapping[str, Any]) -> dict[str, Any]:
    """Rebuild the order from its record: a record that lacks a part gives another order."""
    names = ("orderId", "customerId", "currency", "placedAt")
    event = {name: item.get(name, {}).get("S") for name in names}
    return event | {"lines": json.loads(item.get("lines", {}).get("S", "null"))}


def objections(event: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the record of an order beside its content: its total."""
    found, expected = item["total"]["S"], total(event)
    return [] if found == expected else [f"the total {found} instead of {expected}"]


def answer(
    event: Mapping[str, Any], _digest: str, item: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the one answer that may be given to an order."""
    return {
        "status": "confirmed",
        "orderId": event["orderId"],
        "currency": event["currency"],
        "total": total(event),
        "lineCount": len(event["lines"]),
        "confirmedAt": item["confirmedAt"]["S"] if item else None,
        "contentDigest": meant(event),
    }


def refusal(*, valid: bool) -> str:
    """Return why an order is rejected: placed out of range, or its id taken by another content."""
    return "ORDER_ID_CONFLICT" if valid else "PLACED_AT_OUT_OF_RANGE"


def breakages() -> dict[str, Breakage]:
    """Return bugs that a run has to find, by name."""
    return _BREAKAGES


_BREAKAGES: Final = {
    # Every delivery writes, so that the last one wins.
    "unconditional-put": Breakage(
        "dynamodb.py",
        '                ConditionExpression="attribute_not_exists(orderId)",\n',
        "",
        "doubled",
    ),
    # The answer does not wait for the write.
    "answer-before-write": Breakage(
        "process.py",
        "    kept = repository.add(record)\n",
        "    __import__('threading').Thread(target=repository.add, args=(record,)).start()\n"
        "    kept = record.confirmation\n",
        "lost",
    ),
    # A store that fails is taken for one that has stored.
    "swallowed-error": Breakage(
        "process.py",
        "    kept = repository.add(record)\n",
        "    try:\n        kept = repository.add(record)\n"
        "    except Exception:\n        kept = record.confirmation\n",
        "lost",
    ),
    # Another content under a taken id passes for a repetition.
    "digest-not-compared": Breakage(
        "process.py",
        "    if not kept.same_order(record.confirmation):\n",
        "    if not kept.same_order(kept):\n",
        "wrong",
    ),
    # A repetition is answered from the delivery at hand instead of from the record.
    "fresh-answer": Breakage(
        "dynamodb.py",
        "            return _kept(error)\n",
        "            _kept(error)\n",
        "wrong",
    ),
    # What is written is not the whole order.
    "half-record": Breakage(
        "dynamodb.py",
        "                Item=_item(record),\n",
        '                Item=_item(record) | {"lines": {"S": "[]"}},\n',
        "wrong",
    ),
}
