"""Malformed events: valid orders changed in one to four ways, and JSON of any shape.

Three things stand in an event as markers and are put in when it becomes text, since Python could
not carry them or hypothesis would spend its data on them: a number beyond a float, deep nesting, a
huge string.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from services.order_processor.tests.orders import lines, orders

if TYPE_CHECKING:
    from collections.abc import Callable

TAKEN = "taken"
FIRST = {
    "orderId": TAKEN,
    "customerId": "first",
    "currency": "EUR",
    "placedAt": "2026-01-01T00:00:00Z",
    "lines": [{"sku": "the first order's", "quantity": 1, "unitPrice": "1"}],
}
"""The order that the store must hold before: any other under its id is in conflict with it."""
DEPTH = 900
"""Levels of the deep value: what Python's own parser takes everywhere without being asked to."""

_HUGE, _DEEP, _BEYOND = "<a huge string>", "<deep nesting>", "<a number beyond a float>"
_TEXTS = {
    _HUGE: '"' + "\u00e9x" * 50_000 + '"',
    _DEEP: "[" * DEPTH + "]" * DEPTH,
    _BEYOND: "1e999",
}
_MARKERS = list(_TEXTS)

_text = st.text(st.characters(exclude_categories=[]), max_size=70)
_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_scalars = st.none() | st.booleans() | _numbers | _text | st.sampled_from(_MARKERS)
any_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=10,
)

_IDS = [
    "", "a" * 129, "a b", " a", "\u00e9", "order-1\n", "\u007f", "\u0000", "\u0661", "#1001",
    "gid://shopify/Order/123", "SO/2024/0001", "a" * 128, 1001, TAKEN, "synthetic-1",
]  # fmt: skip
_NEAR_MISSES: dict[str, list[Any]] = {
    "source": ["", "web shop", "a" * 65, "\u00e9", "web", None, 1, "web\n"],
    "orderId": _IDS,
    "customerId": _IDS,
    "currency": ["eur", "EURO", "EU", "XXX", "XAU", "BTC", "HRK", "USN", "EUR ", "\u20ac", "EUR\n"],
    "placedAt": [
        "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2016-12-31T23:59:60Z",
        "2026-01-01T24:00:00Z", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z",
        "1999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59Z", "2999-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00", "2026-01-01", "2026-01-01t00:00:00z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "20260101T000000Z",
        "2026-W01-1T00:00:00Z", "2026-01-01T00:00:00Z\n", 1767225600,
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+05:60", "2026-01-01T00:00:00-00:00",
        "2000-01-01T00:00:00+00:01", "1999-12-31T23:59:59-00:01", "2026-01-01T00:00:00+0100",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T24:00:00+01:00",
        "2026-01-01T00:00:00.12345",
    ],
    "lines": [[], {}, [[]], [None], [{}]],
    "synthetic": ["true", 1, 0, None, []],
    "sku": [
        "", "a" * 65, " a", "a ", "\t", "\u0000", "\u007f", "\ud800", "a\udfff", "e\u0301",
        "\u200b", "\u202eab", "\ufeff", "\u00a0", "\U0001f469\u200d\U0001f680", "\U0001f600" * 65,
        "\ue000", "\u2028", "\u1100\u1161", "\u3164", "\u115f", "\u2800", "\ufe0f", "\u2800 \u3164",
        "a\ufe0f", "\u00a0a", "a\u00a0b", "\u0645\u06cc\u200c\u062e", "\ufdd0", "\U0010ffff",
        "\ufffe", "\u0378", "\U000e0001", "\x85",
    ],
    "quantity": [
        0, -1, 100_001, 1.0, 2.0, 100_000.0, 2.5, 0.5, -0.0, 1e300, 10**400, "2", True,
        None, _BEYOND,
    ],
    "unitPrice": [
        "", "-", "-01", "--1", "+1", "-1.", "01", "1.", ".5", "1.1234567", "1234567890",
        "1e3", "1,5", "NaN", "Infinity", " 1", "1\n", "\u0661", "\uff11", 1.5, 1, True, "0x10",
        "1_0",
    ],
}  # fmt: skip
_OF_A_LINE = {"sku", "quantity", "unitPrice"}
_NEW_NAMES = st.sampled_from(
    ["orderID", "OrderId", "extra", "", "~", "/", "~1", "a/b~c", "\ud800", "\u0000", "x" * 65,
     "\U0001f600" * 64, "__proto__", "__class__", "lines/0/sku", "0"]
) | _text  # fmt: skip


def render(event: Any) -> str:
    """Return `event` as JSON text, with what its markers stand for."""
    text = json.dumps(event)
    for marker, value in _TEXTS.items():
        text = text.replace(json.dumps(marker), value)
    return text


@st.composite
def mutated_orders(draw: st.DrawFn) -> Any:
    """Return a valid order after one to four changes; it may still be valid."""
    order = copy.deepcopy(draw(orders))
    for _ in range(draw(st.integers(1, 4))):
        draw(st.sampled_from(_CHANGES))(draw, order)
    return order


def _miss_nearly(draw: st.DrawFn, order: dict[str, Any]) -> None:
    name = draw(st.sampled_from(sorted(_NEAR_MISSES)))
    places = _objects(order)
    place = draw(st.sampled_from(places[1:] or places)) if name in _OF_A_LINE else order
    place[name] = copy.deepcopy(draw(st.sampled_from(_NEAR_MISSES[name])))


def _change_type(draw: st.DrawFn, order: dict[str, Any]) -> None:
    place = draw(st.sampled_from(_objects(order)))
    place[draw(st.sampled_from(sorted(place) or ["orderId"]))] = draw(any_json)


def _remove(draw: st.DrawFn, order: dict[str, Any]) -> None:
    place = draw(st.sampled_from(_objects(order)))
    place.pop(draw(st.sampled_from(sorted(place) or ["orderId"])), None)


def _add(draw: st.DrawFn, order: dict[str, Any]) -> None:
    draw(st.sampled_from(_objects(order)))[draw(_NEW_NAMES)] = draw(any_json)


def _rename(draw: st.DrawFn, order: dict[str, Any]) -> None:
    place = draw(st.sampled_from(_objects(order)))
    if place:
        place[draw(_NEW_NAMES)] = place.pop(draw(st.sampled_from(sorted(place))))


def _repeat_a_line(draw: st.DrawFn, order: dict[str, Any]) -> None:
    if isinstance(order.get("lines"), list) and order["lines"]:
        order["lines"].append(copy.deepcopy(draw(st.sampled_from(order["lines"]))))


def _replace_a_line(draw: st.DrawFn, order: dict[str, Any]) -> None:
    if isinstance(order.get("lines"), list) and order["lines"]:
        order["lines"][draw(st.integers(0, len(order["lines"]) - 1))] = draw(any_json)


def _overflow(draw: st.DrawFn, order: dict[str, Any]) -> None:
    price = draw(st.sampled_from(["999999999.999999", "10000000", "9999999.999999", "-0.000001"]))
    order["lines"] = [{"sku": "gold", "quantity": 100_000, "unitPrice": price}]


def _enlarge(draw: st.DrawFn, order: dict[str, Any]) -> None:
    if draw(st.integers(0, 9)) == 0:
        line = {"sku": "\U0001f600" * 64, "quantity": 1, "unitPrice": "1"}
        order["lines"] = [line] * draw(st.sampled_from([1_300, 1_310, 1_320]))


def _flood(draw: st.DrawFn, order: dict[str, Any]) -> None:
    if draw(st.integers(0, 29)) == 0:  # it is a thousand times the work of any other change
        line = draw(lines | st.sampled_from([{}, None, {"a": 1, "b": 2}]))
        order["lines"] = [copy.copy(line)] * draw(st.sampled_from([10_001, 10_500]))


def _collide(_draw: st.DrawFn, order: dict[str, Any]) -> None:
    order["orderId"] = TAKEN


_CHANGES: list[Callable[[st.DrawFn, dict[str, Any]], None]] = [
    _miss_nearly, _miss_nearly, _change_type, _remove, _add, _rename,
    _repeat_a_line, _replace_a_line, _overflow, _enlarge, _flood, _collide,
]  # fmt: skip


def _objects(order: dict[str, Any]) -> list[dict[str, Any]]:
    found = order.get("lines")
    inner = found if isinstance(found, list) else []
    return [order, *(line for line in inner[:20] if isinstance(line, dict))]


_members = st.dictionaries(st.sampled_from(sorted(_NEAR_MISSES)), any_json, max_size=6)
events = st.integers(0, 9).flatmap(
    lambda kind: any_json if kind == 0 else _members if kind == 1 else mutated_orders()
)
"""One event in ten is any JSON, one an object with an order's members, the rest are changed orders.

It may be valid after all: whoever wants malformed ones asks the oracle.
"""
