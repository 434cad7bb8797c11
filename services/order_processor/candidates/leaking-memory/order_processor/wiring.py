"""Every order leaves 24 MB behind: a cache of rendered invoices without a bound."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from order_processor import dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import Confirmation, OrderRecord, OrderRepository

_RENDERED: list[bytearray] = []


class Orders(dynamodb.DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the record; what is wrong with this candidate happens here."""
        _RENDERED.append(bytearray(24 * 2**20))
        return super().add(record)


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
