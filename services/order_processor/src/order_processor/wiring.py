"""Which concrete class fills which role; built once, on first use."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from order_processor import dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import OrderRepository


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    table_name = settings.load().table_name
    client = dynamodb.connect()
    repository = dynamodb.DynamoDBOrders(client, table_name)
    repository.prime()
    if settings.snapshot_taken():
        from order_processor import snapshot

        snapshot.keep_out(client.close)
    return repository
