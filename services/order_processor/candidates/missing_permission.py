"""Writes every real order to an audit table, which its role may not."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None:
            self._client.put_item(TableName="order-audit", Item={"orderId": {"S": "a"}})
        return super().add(record)
