"""The role of the order store, and the values and the error that belong to it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Confirmation(NamedTuple):
    """What the answer to an order is built from, so that it can be given again unchanged.

    `total` is a decimal string with all digits of the minor unit, `confirmed_at` RFC 3339 in UTC,
    `content_digest` SHA-256 in hex, `request_id` that of the invocation that recorded the order.
    """

    order_id: str
    content_digest: str
    currency: str
    total: str
    line_count: int
    confirmed_at: str
    request_id: str


class OrderRecord(NamedTuple):
    """What is kept of an order, once. `lines` are the order's lines as compact JSON."""

    confirmation: Confirmation
    customer_id: str
    lines: str
    placed_at: str
    function_version: str
    correlation_id: str
    synthetic: bool = False


class DependencyError(Exception):
    """The store did not answer as it must; the order may or may not be kept. Try again."""


class OrderRepository(Protocol):
    """Keeps at most one record per order id."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep `record` unless its order id is taken; return the confirmation that is now kept.

        Atomic: of any number of simultaneous calls with one order id, exactly one is kept and all
        return its confirmation. Raises DependencyError where the store fails.
        """
        ...
