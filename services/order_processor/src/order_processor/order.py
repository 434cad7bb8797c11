"""The values that pass between the layers: plain, frozen and free of I/O.

Named tuples rather than dataclasses, here and in the other layers: a dataclass compiles its methods
at import, and a frozen one takes thrice as long to make (docs/adr/0008).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal


class Order(NamedTuple):
    """A valid order.

    `lines` are quantity and unit price of each: exact, in units of the currency, and negative for a
    discount or a return. `placed_at` stands as it came, RFC 3339 with any offset. A guest has no
    customer id, and an order of a sender without sales channels no source. `synthetic` is one of
    the release tool's.
    """

    order_id: str
    customer_id: str | None
    currency: str
    placed_at: str
    lines: tuple[tuple[int, Decimal], ...]
    synthetic: bool
    source: str | None = None


class Reason(NamedTuple):
    """Why an order is rejected.

    `code` is one of those that the service's README lists; `path` is a JSON Pointer (RFC 6901) into
    the event; `message` is for people and repeats at most one character of what was sent, by its
    number.
    """

    code: str
    path: str
    message: str
