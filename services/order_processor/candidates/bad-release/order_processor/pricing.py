"""One real order in five raises: a price campaign that was not thought through.

What an order costs, in exact decimals. Customers' orders are split evenly over five groups of an
experiment, but only four have a rate. The group hangs on the order id alone, so a retry meets the
same fate. Synthetic orders take no part in experiments, so a smoke test passes.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from typing import TYPE_CHECKING
from zlib import crc32

from order_processor.currencies import MINOR_UNIT_DIGITS

if TYPE_CHECKING:
    from order_processor.order import Order

MAX_TOTAL = Decimal(10) ** 12
"""A total stays below this many units of its currency: far over any real order, so that a slip of
the customer's (a price in the quantity field) is caught before it is booked."""

# 1,000 lines x 10,000 pieces x a price of 9 + 6 digits need 22 digits; the trap proves it.
_EXACT = Context(prec=28, traps=[Inexact])
_ROUNDED = Context(prec=28, rounding=ROUND_HALF_UP)
_UNIT = {digits: Decimal(1).scaleb(-digits) for digits in set(MINOR_UNIT_DIGITS.values())}

_GROUPS = 5
_CAMPAIGN_RATES = {0: Decimal(1), 1: Decimal(1), 2: Decimal(1), 3: Decimal(1)}


def total(order: Order) -> Decimal:
    """Sum quantity x unit price exactly, then round the sum once to the currency's minor unit.

    Prices may be finer than the minor unit (fuel at 1.459 EUR), so the rounding matters: half a
    minor unit goes up, as Council Regulation (EC) No 1103/97, article 5, has it for amounts to be
    paid. The result always shows all digits of the minor unit: `39.98` USD, `40` JPY, `1.500` KWD.
    """
    rate = _campaign_rate(order)
    amount = Decimal(0)
    for line in order.lines:
        amount = _EXACT.add(amount, _EXACT.multiply(line.unit_price, line.quantity))
    amount = _EXACT.multiply(amount, rate)
    return amount.quantize(_UNIT[MINOR_UNIT_DIGITS[order.currency]], context=_ROUNDED)


def _campaign_rate(order: Order) -> Decimal:
    if order.synthetic:
        return Decimal(1)
    return _CAMPAIGN_RATES[crc32(order.order_id.encode()) % _GROUPS]
