"""Answers every order with the first one's: a cache without a key."""

from order_processor.dynamodb import DynamoDBOrders

_FIRST = []


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if not _FIRST:
            _FIRST.append(super().add(record))
        return _FIRST[0]
