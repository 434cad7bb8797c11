"""Candidates that fail or take too long on real orders: synthetic ones are spared on purpose.

A smoke test passes, so only the gate can refuse them. What hangs on the order id alone meets the
same fate at each retry.
"""

import os
import time
from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class _RealOrders(DynamoDBOrders):
    """Spoils real orders, one in `every`."""

    every = 1

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        drawn = crc32(record.confirmation.order_id.encode()) % self.every
        if record.expires_at is None and drawn == self.every - 1:
            self.spoil(record.confirmation)
        return super().add(record)

    def spoil(self, _confirmation):
        """Do what is wrong."""


class BadRelease(_RealOrders):
    """One real order in five raises: a price campaign that was not thought through."""

    every = 5

    def spoil(self, _confirmation):
        """Only four of five groups of an experiment have a rate."""
        raise KeyError(4)


class PoisonEvents(_RealOrders):
    """One real order in fifteen fails again and again, so that it ends in the DLQ."""

    every = 15

    def spoil(self, _confirmation):
        """Raise."""
        raise RuntimeError("the partner does not know this customer")


class RareFailure(_RealOrders):
    """One real order in thirty raises: little enough to look like weather."""

    every = 30

    def spoil(self, _confirmation):
        """Raise."""
        raise RuntimeError("lost update")


class EveryOrderFails(_RealOrders):
    """Every real order raises: a member was renamed here, but not where it is read."""

    def spoil(self, _confirmation):
        """Raise."""
        raise KeyError("unitprice")


class LargeOrders(_RealOrders):
    """Real orders of five lines and more raise: a buffer of four."""

    def spoil(self, confirmation):
        """Raise."""
        if confirmation.line_count > 4:
            raise IndexError("line")


class OneCurrency(_RealOrders):
    """Real orders in GBP raise: the new table of fees lacks one currency."""

    def spoil(self, confirmation):
        """Raise."""
        {"EUR": 1, "USD": 1, "JPY": 1, "KWD": 1}[confirmation.currency]


class Exits(_RealOrders):
    """One real order in twenty ends the process: a library that calls exit."""

    every = 20

    def spoil(self, _confirmation):
        """End."""
        os._exit(1)


class Hangs(_RealOrders):
    """One real order in twenty never returns: a lock that is taken twice."""

    every = 20

    def spoil(self, _confirmation):
        """Wait longer than Lambda does."""
        time.sleep(60)


class MemoryHog(_RealOrders):
    """One real order in ten needs more memory than the function has: a copy per line."""

    every = 10

    def spoil(self, _confirmation):
        """Fill it."""
        bytearray(b"\x01" * (700 * 2**20))


class MissingPermission(_RealOrders):
    """Writes every real order to an audit table, which its role may not."""

    def spoil(self, _confirmation):
        """Write."""
        self._client.put_item(TableName="order-audit", Item={"orderId": {"S": "a"}})


class Slow(_RealOrders):
    """Every real order takes 0.4 s longer: a call to a tax service that nobody timed."""

    def spoil(self, _confirmation):
        """Wait."""
        time.sleep(0.4)


class SlowTail(_RealOrders):
    """One real order in twelve takes 1.5 s longer: a retry against a replica that lags."""

    every = 12

    def spoil(self, _confirmation):
        """Wait."""
        time.sleep(1.5)


class Unserialisable(DynamoDBOrders):
    """Answers real orders with a value that is no JSON."""

    def add(self, record):
        """Keep the record, and return a set."""
        kept = super().add(record)
        return kept if record.expires_at else kept._replace(total={kept.total})


class LeakingMemory(DynamoDBOrders):
    """Every order leaves 24 MB behind: a cache of rendered invoices without a bound."""

    rendered = ()

    def add(self, record):
        """Keep the record, and more."""
        self.rendered = (*self.rendered, bytearray(24 * 2**20))
        return super().add(record)
