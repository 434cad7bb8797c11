"""Real orders in GBP raise: the new table of fees lacks one currency."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from order_processor import dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import Confirmation, OrderRecord, OrderRepository

_FEES = {"EUR": 1, "USD": 1, "JPY": 1, "KWD": 1}


class Orders(dynamodb.DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record: OrderRecord) -> Confirmation:
        """Keep the record; what is wrong with this candidate happens here."""
        if record.synthetic:
            return super().add(record)
        _FEES[record.confirmation.currency]
        return super().add(record)


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
