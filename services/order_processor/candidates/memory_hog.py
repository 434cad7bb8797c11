"""One real order in ten needs more memory than the function has: a copy per line."""

from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and crc32(record.confirmation.order_id.encode()) % 10 == 0:
            bytearray(b"\x01" * (700 * 2**20))
        return super().add(record)
