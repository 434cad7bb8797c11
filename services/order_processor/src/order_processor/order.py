"""The values that pass between the layers: plain, frozen and free of I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One position of an order; `unit_price` is exact, in units of the order's currency."""

    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """A valid order. `placed_at` stands as the customer wrote it, RFC 3339 in UTC."""

    order_id: str
    customer_id: str
    currency: str
    placed_at: str
    lines: tuple[Line, ...]
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an order is rejected.

    `code` is one of those that the service's README lists; `path` is a JSON Pointer (RFC 6901) into
    the event; `message` is for people and never repeats what the customer sent.
    """

    code: str
    path: str
    message: str
