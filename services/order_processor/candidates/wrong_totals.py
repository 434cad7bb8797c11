"""Every total is half of what it must be: a discount meant for one customer."""

from decimal import Decimal

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        total = Decimal(record.confirmation.total) / 2
        wrong = record.confirmation._replace(total=f"{total:f}")
        return super().add(record._replace(confirmation=wrong))
