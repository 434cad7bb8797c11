"""The orders that are sent, and what has to become of them: an oracle of its own.

Nothing here comes from the service: digest and total are computed anew from the contract.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

DIGITS: Final = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
"""Minor units of the currencies that are ordered in (ISO 4217)."""
_SKUS: Final = ("bolt-M8", "nut-M8", "washer", "Käse", "寿司", "rod 2 m", "Öl", "tape", "zip-tie")


@dataclass(frozen=True, slots=True)
class Content:
    """An order's content. `placed_offset` is in seconds from the start of the run.

    `valid` is whether the contract lets the processor take it.
    """

    order_id: str
    customer_id: str
    currency: str
    placed_offset: int
    lines: tuple[tuple[str, int, str], ...]
    valid: bool = True

    def event(self, started_at: float) -> dict[str, Any]:
        """Return the event for a run that started at `started_at` (epoch seconds)."""
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

    @property
    def total(self) -> str:
        """What it costs: the exact sum, rounded once, half a minor unit upwards."""
        amount = sum((quantity * Decimal(price) for _, quantity, price in self.lines), Decimal(0))
        unit = Decimal(1).scaleb(-DIGITS[self.currency])
        return str(amount.quantize(unit, rounding=ROUND_HALF_UP))


def draw(order_id: str, rng: random.Random, placed_offset: int | None = None) -> Content:
    """Draw a valid content; it was placed within the last ten days unless told otherwise."""
    lines = tuple(
        (sku, rng.randint(1, 99), f"{rng.randrange(1, 10**6)}.{rng.randrange(10**4):04d}")
        for sku in rng.sample(_SKUS, rng.randint(1, 4))
    )
    offset = -rng.randrange(10 * 86_400) if placed_offset is None else placed_offset
    customer = f"customer-{rng.randrange(10_000):04d}"
    return Content(order_id, customer, rng.choice(tuple(DIGITS)), offset, lines)


def canonical(value: object) -> bytes:
    """Return JSON with sorted keys and no blanks, in UTF-8: what digests are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: object) -> str:
    """Return the SHA-256, in hex, of the canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()
