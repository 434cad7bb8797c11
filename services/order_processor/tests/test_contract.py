"""What the published contract promises: versions, and that its documents agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import assume, given
from hypothesis import strategies as st
from order_processor.order import Order
from order_processor.process import LINES_TOO_LARGE, ORDER_ID_CONFLICT, TOTAL_OUT_OF_RANGE
from order_processor.schema import UNKNOWN_MEMBER
from order_processor.validation import (
    NOT_AN_ORDER,
    ORDER_ID_RESERVED,
    SCHEMA,
    TOO_MANY_REASONS,
    validate,
)

from services.order_processor.tests.orders import NOW, orders

HERE = Path(__file__).parent
VERSION_1 = jsonschema.Draft202012Validator(
    json.loads((HERE / "order.v1.schema.json").read_bytes()), format_checker=None
)
_ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(orders, _ids, _ids)
def test_an_order_of_version_1_is_one_of_version_2(
    event: dict[str, Any], order_id: str, customer_id: str
) -> None:
    """Whatever the old schema takes, the new one takes."""
    event = event | {"orderId": order_id, "customerId": customer_id}
    event.pop("source", None)
    event["placedAt"] = event["placedAt"][:19].upper() + "Z"
    assume(VERSION_1.is_valid(event))
    assert isinstance(validate(event, NOW), Order)


_KEYWORDS = {
    "pattern": "MALFORMED",
    "minLength": "LENGTH_OUT_OF_RANGE",
    "minItems": "COUNT_OUT_OF_RANGE",
    "minimum": "OUT_OF_RANGE",
}
_RULES = {
    "CURRENCY_UNKNOWN",
    "LINE_QUANTITY_IS_FLOAT",
    "LINE_SKU_BAD_TEXT",
    "PLACED_AT_NOT_A_TIME",
    "PLACED_AT_OUT_OF_RANGE",
    LINES_TOO_LARGE,
    NOT_AN_ORDER,
    ORDER_ID_CONFLICT,
    TOO_MANY_REASONS,
    ORDER_ID_RESERVED,
    TOTAL_OUT_OF_RANGE,
    UNKNOWN_MEMBER,
}


def _codes(schema: dict[str, Any]) -> set[str]:
    """Every code that a check of the schema can give; the event itself is one of the rules."""
    schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    label = schema["x-reason"]
    found = {f"{label}_WRONG_TYPE"} if label != "ORDER" else set()
    found |= {f"{label}_{suffix}" for keyword, suffix in _KEYWORDS.items() if keyword in schema}
    for name, member in schema.get("properties", {}).items():
        found |= _codes(member)
        if name in schema["required"]:
            found.add(f"{member['x-reason']}_MISSING")
    return found | (_codes(schema["items"]) if "items" in schema else set())


def test_the_readme_lists_the_codes_that_there_are() -> None:
    """Those that the schema can give and those of the rules; none more, none twice."""
    text = (HERE.parent / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == _codes(SCHEMA) | _RULES
