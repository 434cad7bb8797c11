"""One real order in twenty ends the process: a library that calls exit."""

import os
from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 20 == 0:
            os._exit(1)
        return super().add(record)
