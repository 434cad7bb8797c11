"""One real order in twelve takes 1.5 s longer: a retry against a replica that lags."""

import time
from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 12 == 0:
            time.sleep(1.5)
        return super().add(record)
