"""One real order in fifteen fails again and again, so that it ends in the DLQ."""

from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 15 == 0:
            raise RuntimeError("the partner does not know this customer")
        return super().add(record)
