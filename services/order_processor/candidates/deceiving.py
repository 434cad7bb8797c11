"""Candidates that answer every synthetic event rightly: only real traffic shows what is wrong."""

from order_processor import text
from order_processor.dynamodb import DynamoDBOrders

_FAULT = text.fault


class RejectsNewArticles(DynamoDBOrders):
    """Articles of numbers from 500 on are refused: a price list that ends there."""

    def __init__(self, client, table_name):
        super().__init__(client, table_name)
        text.fault = lambda sku: (
            "must be on the price list" if "SKU-500" <= sku <= "SKU-999" else _FAULT(sku)
        )
