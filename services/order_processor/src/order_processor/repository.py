"""The role of the order store, and the values and the error that belong to it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Confirmation(NamedTuple):
    """What the answer to an order is built from, so that it can be given again unchanged.

    `total` is a decimal string with all digits of the minor unit, `confirmed_at` RFC 3339 in UTC,
    `request_id` that of the invocation that recorded the order. The digests are SHA-256 in hex:
    `event_digest` of the event as it came, `content_digest` of what it means.
    """

    order_id: str
    event_digest: str
    content_digest: str
    currency: str
    total: str
    line_count: int
    confirmed_at: str
    request_id: str
    source: str | None = None

    @property
    def key(self) -> str:
        """What the order is recorded under once; neither a source nor an id has a space."""
        return self.order_id if self.source is None else f"{self.source} {self.order_id}"

    def same_order(self, other: Confirmation) -> bool:
        """Whether both confirm one content.

        A record of contract version 1 has the digest of its event alone: an event that comes back
        as it came is the same order, whichever version took it first.
        """
        return (
            self.content_digest == other.content_digest or self.event_digest == other.event_digest
        )


class OrderRecord(NamedTuple):
    """What is kept of an order, once. `lines` are the order's lines as compact JSON; `expires_at`,
    in epoch seconds, is a synthetic order's: after it the record goes.
    """

    confirmation: Confirmation
    customer_id: str | None
    lines: str
    placed_at: str
    function_version: str
    correlation_id: str
    expires_at: int | None = None


class DependencyError(Exception):
    """The store did not answer as it must; the order may or may not be kept. Try again."""


class OrderRepository(Protocol):
    """Keeps at most one record per key."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep `record` unless its key is taken; return the confirmation that is now kept.

        Atomic: of any number of simultaneous calls with one key, exactly one is kept and all
        return its confirmation. Raises DependencyError where the store fails.
        """
        ...
