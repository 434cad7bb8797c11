"""Every real order takes 0.4 s longer: a call to a tax service that nobody timed."""

import time

from order_processor.dynamodb import DynamoDBOrders


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None:
            time.sleep(0.4)
        return super().add(record)
