"""Every order leaves 24 MB behind: a cache of rendered invoices without a bound."""

from order_processor.dynamodb import DynamoDBOrders

_RENDERED: list[bytearray] = []


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        _RENDERED.append(bytearray(24 * 2**20))
        return super().add(record)
