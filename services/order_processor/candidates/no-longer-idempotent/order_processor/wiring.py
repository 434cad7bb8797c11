"""A repeated order is confirmed anew: the stored answer is not looked at."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from order_processor import dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import Confirmation, OrderRecord, OrderRepository


class Orders(dynamodb.DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the record; what is wrong with this candidate happens here."""
        super().add(record)
        return record.confirmation


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
