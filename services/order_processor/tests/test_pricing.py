from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from order_processor import currencies, pricing
from order_processor.order import Line, Order
from order_processor.validation import validate

from services.order_processor.tests.orders import NOW, orders


def _order(currency: str, *lines: tuple[int, str]) -> Order:
    priced = tuple(
        Line(str(index), quantity, Decimal(price)) for index, (quantity, price) in enumerate(lines)
    )
    return Order("o", "c", currency, "2026-01-01T00:00:00Z", priced, synthetic=False)


@given(orders)
def test_equals_whole_number_arithmetic(event: dict[str, Any]) -> None:
    """An oracle that counts in millionths with whole numbers only comes to the same total."""
    order = validate(event, NOW)
    assert isinstance(order, Order)
    digits = currencies.MINOR_UNIT_DIGITS[order.currency]
    millionths = 0
    for line in event["lines"]:
        whole, _, part = line["unitPrice"].partition(".")
        millionths += line["quantity"] * int(whole + part.ljust(6, "0"))
    step = 10 ** (6 - digits)
    minor_units = (millionths + step // 2) // step
    total = pricing.total(order)
    assert Fraction(total) == Fraction(minor_units, 10**digits)
    assert total.as_tuple().exponent == -digits


@pytest.mark.parametrize(
    ("currency", "lines", "expected"),
    [
        ("EUR", [(2, "19.99")], "39.98"),
        ("EUR", [(3, "1.459")], "4.38"),
        ("EUR", [(1, "0.005")], "0.01"),
        ("EUR", [(1, "0.004999")], "0.00"),
        ("EUR", [(1, "0.004"), (1, "0.004")], "0.01"),
        ("JPY", [(1, "40.5")], "41"),
        ("KWD", [(1, "1.5")], "1.500"),
    ],
)
def test_rounds_the_sum_once_half_up_to_the_minor_unit(
    currency: str, lines: list[tuple[int, str]], expected: str
) -> None:
    """Documented rounding: the exact sum, once, half a minor unit upwards."""
    assert f"{pricing.total(_order(currency, *lines)):f}" == expected


def test_the_largest_order_that_the_schema_admits_is_still_exact() -> None:
    """The precision holds 1,000 lines of the largest quantity and price."""
    order = _order("USD", *[(10_000, "999999999.999999")] * 1_000)
    assert pricing.total(order) == Decimal("9999999999999990.00")


def test_currencies_have_the_minor_units_of_iso_4217() -> None:
    """Spot checks of the table, and none without a three-letter code."""
    table = currencies.MINOR_UNIT_DIGITS
    assert (table["USD"], table["JPY"], table["BHD"], table["ISK"]) == (2, 0, 3, 0)
    assert all(len(code) == 3 and code.isupper() for code in table)
    # Gone by the state of the table: kuna, lev, leone of 1964, Zimbabwe dollar of 2009, guilder.
    assert not {"HRK", "BGN", "SLL", "ZWL", "ANG", "XXX", "XAU"} & table.keys()
