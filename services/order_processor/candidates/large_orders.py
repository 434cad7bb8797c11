"""Real orders of five lines and more raise: a buffer of four."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None and record.confirmation.line_count > 4:
            raise IndexError("line")
        return super().add(record)
