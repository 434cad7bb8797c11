"""A repeated order is confirmed anew: the stored answer is not looked at."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        super().add(record)
        return record.confirmation
