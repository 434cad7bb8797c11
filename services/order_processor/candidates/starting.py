"""Candidates that do not start as they must: they fail, or take too long, before any order."""

import os
import time

from order_processor.dynamodb import DynamoDBOrders


class CrashAtInit(DynamoDBOrders):
    """Raises while it starts: a setting that only the author has."""

    def __init__(self, client, table_name):
        super().__init__(client, table_name)
        self._ledger = os.environ["TAX_LEDGER_URL"]


class MissingModule(DynamoDBOrders):
    """Imports a package that is not in the zip."""

    def __init__(self, client, table_name):
        import tax_rates  # noqa: F401

        super().__init__(client, table_name)


class BiggerColdStart(DynamoDBOrders):
    """Starting takes 7 s longer: a model is loaded that nobody asked for."""

    def __init__(self, client, table_name):
        time.sleep(7)
        super().__init__(client, table_name)
