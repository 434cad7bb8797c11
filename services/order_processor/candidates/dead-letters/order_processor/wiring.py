"""One real order in fifteen fails again and again, so that it ends as a dead letter."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from zlib import crc32

from order_processor import dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import Confirmation, OrderRecord, OrderRepository


class Orders(dynamodb.DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the record; what is wrong with this candidate happens here."""
        if not record.synthetic and crc32(record.confirmation.order_id.encode()) % 15 == 0:
            raise RuntimeError("the partner does not know this customer")
        return super().add(record)


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
