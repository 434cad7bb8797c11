"""One real order in twenty never returns: a lock that is taken twice."""

import time
from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 20 == 0:
            time.sleep(60)
        return super().add(record)
