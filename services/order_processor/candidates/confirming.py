"""Candidates that confirm orders, but not as they must: a wrong answer, or a wrong record."""

from collections import deque
from decimal import Decimal

from order_processor.dynamodb import DynamoDBOrders


class _Confirming(DynamoDBOrders):
    """Confirms something else."""

    def add(self, record):
        """Keep the record, as the service does, but for what is wrong."""
        confirmation = record.confirmation
        return super().add(record._replace(confirmation=self.altered(confirmation)))

    def altered(self, confirmation):
        """Return what is confirmed."""
        raise NotImplementedError


class WrongTotals(_Confirming):
    """Every total is half of what it must be: a discount meant for one customer."""

    def altered(self, confirmation):
        """Halve it."""
        return confirmation._replace(total=f"{Decimal(confirmation.total) / 2:f}")


class WrongRounding(_Confirming):
    """Totals of currencies with three decimals are cut to two: the table of units was lost."""

    def altered(self, confirmation):
        """Cut it."""
        whole, _, digits = confirmation.total.partition(".")
        cut = f"{whole}.{digits[:2]}" if len(digits) > 2 else confirmation.total
        return confirmation._replace(total=cut)


class LosesALine(_Confirming):
    """Of orders of more than four lines one is not counted: a page of four, read once less."""

    def altered(self, confirmation):
        """Count one less."""
        number = confirmation.line_count
        return confirmation._replace(line_count=number - (number > 4))


class NoLongerIdempotent(DynamoDBOrders):
    """A repeated order is confirmed anew: the stored answer is not looked at."""

    def add(self, record):
        """Keep the first, confirm each."""
        super().add(record)
        return record.confirmation


class ConfirmsWithoutWriting(DynamoDBOrders):
    """Confirms what it does not record: the write was moved to a queue that nobody reads."""

    def add(self, record):
        """Confirm."""
        return record.confirmation


class Overwrites(DynamoDBOrders):
    """A second order under an id replaces the first: the condition of the write was lost."""

    def add(self, record):
        """Write in any case."""
        from order_processor.dynamodb import _item

        self._client.put_item(TableName=self._table_name, Item=_item(record))
        return record.confirmation


class StaleAnswers(DynamoDBOrders):
    """Answers every order with the first one's: a cache without a key."""

    first = None

    def add(self, record):
        """Keep the first only."""
        self.first = self.first or super().add(record)
        return self.first


class AnothersAnswer(DynamoDBOrders):
    """One order in eight is answered with the one before: a pool that hands a buffer out twice."""

    def __init__(self, client, table_name):
        super().__init__(client, table_name)
        self._answers = deque(maxlen=2)
        self._number = 0

    def add(self, record):
        """Keep the record; return another's confirmation now and then."""
        self._answers.append(super().add(record))
        self._number += 1
        return self._answers[-1 if self._number % 8 else 0]
