"""Orders for tests: one plain one, hypothesis strategies for valid and for broken ones."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from order_processor.currencies import MINOR_UNIT_DIGITS
from order_processor.process import Delivery

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ORDER: dict[str, Any] = {
    "orderId": "order-1",
    "customerId": "customer-1",
    "currency": "EUR",
    "placedAt": "2026-03-01T11:59:58.123Z",
    "lines": [
        {"sku": "book", "quantity": 2, "unitPrice": "19.99"},
        {"sku": "pen", "quantity": 1, "unitPrice": "0.5"},
    ],
}


def delivery(request_id: str = "request-1") -> Delivery:
    """One delivery at NOW."""
    return Delivery(request_id, "correlation-1", "7", NOW)


def changed(**members: Any) -> dict[str, Any]:
    """The plain order with other members."""
    return copy.deepcopy(ORDER) | members


ids = st.from_regex(r"[!-~]{1,128}", fullmatch=True)
skus = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=64)
prices = st.from_regex(r"(0|[1-9][0-9]{0,4})(\.[0-9]{1,6})?", fullmatch=True)
discounts = st.from_regex(r"-(0|[1-9])(\.[0-9]{1,6})?", fullmatch=True)
lines = st.fixed_dictionaries({"sku": skus, "quantity": st.integers(1, 1000), "unitPrice": prices})
# Never more than the line that everything else is bought beside.
_given_back = st.fixed_dictionaries({"sku": skus, "quantity": st.just(1), "unitPrice": discounts})
_paid = st.fixed_dictionaries(
    {"sku": skus, "quantity": st.just(1), "unitPrice": st.sampled_from(["100", "99.99", "100.50"])}
)
_moments = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2026, 2, 28))  # noqa: DTZ001
times = st.builds(
    lambda moment, t, offset: moment.isoformat().replace("T", t) + offset,
    _moments,
    st.sampled_from("Tt"),
    st.from_regex(r"[Zz]|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]", fullmatch=True),
)
_members: dict[str, st.SearchStrategy[Any]] = {
    "orderId": ids,
    "currency": st.sampled_from(sorted(MINOR_UNIT_DIGITS)),
    "placedAt": times,
    "lines": st.lists(lines, min_size=1, max_size=5)
    | st.tuples(_paid, _given_back, lines).map(list),
}
_optional: dict[str, st.SearchStrategy[Any]] = {
    "synthetic": st.booleans(),
    "customerId": ids,
    "source": st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
}
orders = st.fixed_dictionaries(_members, optional=_optional)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=70),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=[]), max_size=70), inner)
    ),
    max_leaves=8,
)
_NEAR_MISSES = ["", "abc\n", "eur", "1e3", "007", 2.0, -1, 0, 100_001, True, "2026-02-30T00:00:00Z"]


@st.composite
def broken_orders(draw: st.DrawFn) -> Any:
    """A valid order in which one to three places are removed, replaced or added to."""
    order = copy.deepcopy(draw(orders))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_objects(order)))
        name = draw(st.sampled_from([*sorted(place), "extra", "~/", "\ud800"]))
        if draw(st.booleans()):
            place.pop(name, None)
        else:
            place[name] = draw(st.sampled_from(_NEAR_MISSES) | json_values)
    return order


def _objects(order: dict[str, Any]) -> list[dict[str, Any]]:
    found = order.get("lines")
    inner = found if isinstance(found, list) else []
    return [order, *(line for line in inner if isinstance(line, dict))]
