"""Totals of currencies with three decimals are cut to two: the table of units was lost."""

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
        whole, _, digits = record.confirmation.total.partition(".")
        if len(digits) > 2:
            shown = f"{whole}.{digits[:2]}"
            record = record._replace(confirmation=record.confirmation._replace(total=shown))
        return super().add(record)


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = Orders(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
