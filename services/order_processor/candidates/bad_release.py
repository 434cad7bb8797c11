"""One real order in five raises: a price campaign that was not thought through.

Customers' orders are split evenly over five groups of an experiment, but only four have a rate. The
group hangs on the order id alone, so a retry meets the same fate. Synthetic orders take no part in
experiments, so a smoke test passes.
"""

from zlib import crc32

from order_processor.dynamodb import DynamoDBOrders

_CAMPAIGN_RATES = {0: 1, 1: 1, 2: 1, 3: 1}


class Orders(DynamoDBOrders):
    """The order store of this candidate."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        if record.expires_at is None:
            _CAMPAIGN_RATES[crc32(record.confirmation.order_id.encode()) % 5]
        return super().add(record)
