"""What an order costs, in exact decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from typing import TYPE_CHECKING

from order_processor.currencies import MINOR_UNIT_DIGITS

if TYPE_CHECKING:
    from order_processor.order import Order

MAX_TOTAL = Decimal(10) ** 12
"""A total stays below this many units of its currency: far over any real order, so that a slip of
the customer's (a price in the quantity field) is caught before it is booked."""

# 10,000 lines x 100,000 pieces x a price of 9 + 6 digits need 24 digits; the trap proves it.
_EXACT = Context(prec=28, traps=[Inexact])
_ROUNDED = Context(prec=28, rounding=ROUND_HALF_UP)
_UNIT = {digits: Decimal(1).scaleb(-digits) for digits in set(MINOR_UNIT_DIGITS.values())}


def total(order: Order) -> Decimal:
    """Sum quantity x unit price exactly, then round the sum once to the currency's minor unit.

    None for a sum below zero, which is no order but a payment to the customer, and for one of
    MAX_TOTAL or more.
    Prices may be finer than the minor unit (fuel at 1.459 EUR), so the rounding matters: half a
    minor unit goes up, as Council Regulation (EC) No 1103/97, article 5, has it for amounts to be
    paid. The result always shows all digits of the minor unit: `39.98` USD, `40` JPY, `1.500` KWD.
    It has the sign of the sum: -0.001 EUR comes to `-0.00`.
    """
    with localcontext(_EXACT):
        amount = sum([quantity * price for quantity, price in order.lines], Decimal(0))
    return amount.quantize(_UNIT[MINOR_UNIT_DIGITS[order.currency]], context=_ROUNDED)
