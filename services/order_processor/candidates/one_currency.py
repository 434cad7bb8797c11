"""Real orders in GBP raise: the new table of fees lacks one currency."""

from order_processor.dynamodb import DynamoDBOrders

_FEES = {"EUR": 1, "USD": 1, "JPY": 1, "KWD": 1}


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None:
            _FEES[record.confirmation.currency]
        return super().add(record)
