"""One real order in ten needs more memory than the function has: a copy per line."""

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
        if not record.synthetic and crc32(record.confirmation.order_id.encode()) % 10 == 0:
            bytearray(b"\x01" * (700 * 2**20))
        return super().add(record)


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
