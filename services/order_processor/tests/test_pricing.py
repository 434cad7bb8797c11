from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_processor import currencies, pricing
from order_processor.order import Order
from order_processor.validation import validate

from services.order_processor.tests.inputs.oracle import EXCLUDED, published_currencies
from services.order_processor.tests.orders import NOW, orders


def _order(currency: str, *lines: tuple[int, str]) -> Order:
    priced = tuple((quantity, Decimal(price)) for quantity, price in lines)
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


def test_currencies_and_their_minor_units_are_those_of_the_published_list() -> None:
    """All of ISO 4217's list one but what nobody is invoiced in, which is named one by one."""
    published = published_currencies()
    assert published.keys() >= EXCLUDED
    invoiced = {code: digits for code, digits in published.items() if code not in EXCLUDED}
    assert invoiced == currencies.MINOR_UNIT_DIGITS
    assert None not in currencies.MINOR_UNIT_DIGITS.values()


@given(
    lines=st.lists(
        st.tuples(
            st.integers(1, 10_000),
            st.from_regex(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?", fullmatch=True),
        ),
        min_size=1,
        max_size=30,
    ),
    currency=st.sampled_from(sorted(currencies.MINOR_UNIT_DIGITS)),
)
def test_equals_fractions_over_the_whole_range(lines: list[tuple[int, str]], currency: str) -> None:
    """Any quantity and price that the contract admits: the nearest minor unit, halves upwards."""
    exact = sum((quantity * Fraction(price) for quantity, price in lines), Fraction(0))
    total = Fraction(pricing.total(_order(currency, *lines)))
    unit = Fraction(1, 10 ** currencies.MINOR_UNIT_DIGITS[currency])
    assert (total / unit).denominator == 1
    assert -unit / 2 < exact - total < unit / 2 or total - exact == unit / 2
