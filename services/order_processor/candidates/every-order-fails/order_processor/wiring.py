"""Every real order raises: a member was renamed here, but not where it is read."""

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
        if record.synthetic:
            return super().add(record)
        raise KeyError("unitprice")


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
