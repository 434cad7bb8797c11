"""One real order in thirty raises: little enough to look like weather."""

from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 30 == 0:
            raise RuntimeError("lost update")
        return super().add(record)
