"""Every real order raises: a member was renamed here, but not where it is read."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None:
            raise KeyError("unitprice")
        return super().add(record)
