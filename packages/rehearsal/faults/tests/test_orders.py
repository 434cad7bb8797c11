"""The oracle of what an order costs and of its digest."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from rehearsal.faults.orders import digest, draw


@pytest.mark.parametrize(
    ("currency", "lines", "total"),
    [
        ("EUR", (("a", 2, "19.99"),), "39.98"),
        ("EUR", (("a", 1, "0.005"),), "0.01"),
        ("JPY", (("a", 1, "0.5"), ("b", 3, "1.1")), "4"),
        ("KWD", (("a", 1, "1.0005"),), "1.001"),
    ],
)
def test_totals_are_rounded_once_and_upwards(
    currency: str, lines: tuple[tuple[str, int, str], ...], total: str
) -> None:
    """The sum is exact, half a minor unit goes up, all digits are shown."""
    content = replace(draw("o", random.Random(1)), currency=currency, lines=lines)
    assert content.total == total


def test_the_digest_does_not_hang_on_the_order_of_members() -> None:
    """Sorted keys, no blanks, UTF-8: the value is that of `{"a":"é","b":1}`."""
    expected = "36dfb84bd27c4f3e49e99929b0f0d2ac2ac2f84c35a5ae8b86b56abb1d5d6d2d"
    assert digest({"b": 1, "a": "é"}) == digest({"a": "é", "b": 1})
    assert len(digest({})) == len(expected)
