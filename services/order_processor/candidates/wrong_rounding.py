"""Totals of currencies with three decimals are cut to two: the table of units was lost."""

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        whole, _, digits = record.confirmation.total.partition(".")
        if len(digits) > 2:
            shown = f"{whole}.{digits[:2]}"
            record = record._replace(confirmation=record.confirmation._replace(total=shown))
        return super().add(record)
