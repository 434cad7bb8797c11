"""Candidates whose rules are not the contract's: they refuse good orders, or take bad ones.

Each changes a module of the service while it starts, as an edit of its source would.
"""

import copy
import sys
from decimal import Decimal

from order_processor import currencies, meaning, pricing, process, text, validation
from order_processor.dynamodb import DynamoDBOrders
from order_processor.schema import compile_schema


class _OtherRules(DynamoDBOrders):
    """Puts other rules in place."""

    def __init__(self, client, table_name):
        super().__init__(client, table_name)
        self.change()

    def change(self):
        """Change the service."""

    def schema(self, change):
        """Check by a schema that `change` was applied to."""
        schema = copy.deepcopy(validation.SCHEMA)
        change(schema["properties"], schema["$defs"]["line"]["properties"])
        validation._check = compile_schema(schema)  # noqa: SLF001


class RejectsOnePattern(_OtherRules):
    """One character is gone from the pattern of customer ids: those with a tilde are refused."""

    def change(self):
        """End the range one earlier."""
        self.schema(lambda order, _: order["customerId"].update(pattern="^[!-}]{1,128}$"))


class RejectsOffsets(_OtherRules):
    """Orders from east of Greenwich are refused: the plus was lost from the pattern of times."""

    def change(self):
        """Leave the minus."""
        self.schema(
            lambda order, _: order["placedAt"].update(
                pattern=order["placedAt"]["pattern"].replace("[+-]", "[-]")
            )
        )


class RejectsOneCurrency(_OtherRules):
    """Orders in CHF are refused: a line of the table of currencies was lost."""

    def change(self):
        """Lose it."""
        del currencies.MINOR_UNIT_DIGITS["CHF"]


class RejectsOtherScripts(_OtherRules):
    """SKUs in other scripts than Latin are refused: a check for what the printer can print."""

    def change(self):
        """Refuse them."""
        text.fault = lambda sku: None if sku.isascii() else "must be ASCII"


class AcceptsTheInvalid(_OtherRules):
    """Quantities of 0 are taken: the bound was set to what an index begins with."""

    def change(self):
        """Lower it."""
        self.schema(lambda _, line: line["quantity"].update(minimum=0))


class AcceptsUnknownCurrencies(_OtherRules):
    """A currency that does not exist is priced like the euro: a default where a refusal was."""

    def change(self):
        """Have a default."""

        class Digits(dict):
            def __contains__(self, code):
                return True

            def __missing__(self, code):
                return 2

        validation.MINOR_UNIT_DIGITS = pricing.MINOR_UNIT_DIGITS = meaning.MINOR_UNIT_DIGITS = (
            Digits(currencies.MINOR_UNIT_DIGITS)
        )


class AcceptsConflicts(_OtherRules):
    """Other content under a taken id passes for a repetition: digests are not compared."""

    def change(self):
        """Take any for the same."""
        process.Confirmation.same_order = lambda *_: True


class DropsALine(_OtherRules):
    """The last of more than two lines is not priced: a loop that ends one early."""

    def change(self):
        """Leave it out."""
        priced = pricing.total

        def total(order):
            kept = order.lines if len(order.lines) < 3 else order.lines[:-1]
            return priced(order._replace(lines=kept))

        pricing.total = total


class DoublesADiscount(_OtherRules):
    """Discounts are taken off twice: once per line, and once more for the order."""

    def change(self):
        """Take them off again."""
        priced = pricing.total

        def total(order):
            again = tuple(line for line in order.lines if line[1] < Decimal(0))
            return priced(order._replace(lines=(*order.lines, *again)))

        pricing.total = total


class LosesTheCorrelationId(_OtherRules):
    """The caller's correlation id is lost: nobody finds an order in the logs by it."""

    def change(self):
        """Take the request's own."""
        handler = sys.modules["order_processor.handler"]
        handler._correlation_id = lambda context: context.aws_request_id  # noqa: SLF001
