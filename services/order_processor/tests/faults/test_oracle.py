"""The oracle of what an order costs and of its digest."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from load.run_log.digests import content_digest as digest

from services.order_processor.faults import draw, meant
from services.order_processor.faults import total as cost
from services.order_processor.tests.inputs import oracle as contract


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
    assert cost(content.event(0.0)) == total


def test_the_digest_of_an_answer_is_that_of_the_contract() -> None:
    """Another oracle, of the contract's words, comes to the same for whatever is drawn."""
    for seed in range(200):
        event = draw("o", random.Random(seed)).event(0.0)
        assert meant(event) == contract.digest(event)


def test_the_digest_does_not_hang_on_the_order_of_members() -> None:
    """Sorted keys, no blanks, UTF-8: the value is that of `{"a":"é","b":1}`."""
    expected = "aa58fba8483623bed37c1b02edfccbdd9a53123837c20bfa4cb4049993a2872e"
    assert digest({"b": 1, "a": "é"}) == digest({"a": "é", "b": 1}) == expected
