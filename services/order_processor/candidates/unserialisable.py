"""Answers real orders with a value that is no JSON."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        kept = super().add(record)
        return kept if record.expires_at else kept._replace(total={kept.total})
