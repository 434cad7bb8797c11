from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given
from jsonschema.validators import extend
from order_processor import order, schema
from order_processor.schema import MAX_REASONS, SchemaError, compile_schema
from order_processor.validation import SCHEMA

from services.order_processor.tests.orders import broken_orders, changed, json_values, orders

if TYPE_CHECKING:
    from order_processor.order import Reason

KEYWORD_OF_SUFFIX = {
    "MISSING": "required",
    "UNKNOWN_MEMBER": "additionalProperties",
    "WRONG_TYPE": "type",
    "MALFORMED": "pattern",
    "LENGTH_OUT_OF_RANGE": "minLength maxLength",
    "COUNT_OUT_OF_RANGE": "minItems maxItems",
    "OUT_OF_RANGE": "minimum maximum",
}


def _ecma_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    # jsonschema matches with Python's $, which also matches before a final newline.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError("pattern")


_extend: Any = extend
_ORACLE = _extend(jsonschema.Draft202012Validator, {"pattern": _ecma_pattern})(SCHEMA)


def _ours(event: Any) -> set[tuple[str, str]]:
    reasons: list[Reason] = []
    compile_schema(SCHEMA)(event, "", reasons)
    found = set()
    for reason in reasons:
        suffix = next(name for name in KEYWORD_OF_SUFFIX if reason.code.endswith(name))
        keyword = KEYWORD_OF_SUFFIX[suffix]
        parent = reason.path.rpartition("/")[0]
        found.add((reason.path if keyword != "required" else parent, keyword))
    return found


def _oracles(event: Any) -> set[tuple[str, str]]:
    found = set()
    for error in _ORACLE.iter_errors(event):
        path = "".join(f"/{part}" for part in error.absolute_path)
        keyword = str(error.validator)
        found.add((path, next(k for k in KEYWORD_OF_SUFFIX.values() if keyword in k.split())))
    return found


def _without_names(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The oracle names only the object with unknown members, so compare the objects."""
    return {
        ("/".join(p.split("/")[:3]) if p.startswith("/lines/") else "", k)
        if k == "additionalProperties"
        else (p, k)
        for p, k in found
    }


@given(broken_orders() | orders | json_values)
@example(changed(orderId="order-1\n", currency="EUR\n"))
@example(changed(lines=[{"sku": "a", "quantity": True, "unitPrice": "1\n"}]))
@example(changed(lines=[{"sku": "a" * 65, "quantity": 10_001.0, "unitPrice": 1}]))
@example(changed(lines=[{}, 1], extra=1))
def test_finds_exactly_what_jsonschema_finds(event: Any) -> None:
    """Every violation has the place and the keyword that the jsonschema library gives it.

    Lines beyond the thousandth are the one thing that only the library looks at.
    """
    assert _without_names(_ours(event)) == _without_names(_oracles(event))


def test_the_published_schema_is_itself_valid() -> None:
    """The contract is JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "x-reason": "X", "format": "date"},
        {"type": "number", "x-reason": "X"},
        {"x-reason": "X"},
        {"$ref": "https://example.com/other"},
        {"$ref": "#/$defs/absent"},
        {"type": "object", "x-reason": "X", "properties": {}, "required": []},
    ],
)
def test_refuses_a_schema_it_cannot_check(schema: dict[str, Any]) -> None:
    """What the interpreter does not know fails at once instead of going unchecked."""
    with pytest.raises(SchemaError):
        compile_schema(schema)


@pytest.mark.parametrize(
    ("name", "path"),
    [("a/b~c", "/a~1b~0c"), ("x" * 64, "/" + "x" * 64), ("x" * 65, ""), ("\ud800", ""), ("\n", "")],
)
def test_names_an_unknown_member_by_pointer_where_it_can_be_written(name: str, path: str) -> None:
    """Pointers are escaped; names that are long or not printable stand for their object."""
    reasons: list[Reason] = []
    schema = {"type": "object", "x-reason": "X", "properties": {}, "required": []}
    compile_schema(schema | {"additionalProperties": False})({name: 1}, "", reasons)
    assert [(reason.code, reason.path) for reason in reasons] == [("UNKNOWN_MEMBER", path)]


def test_stops_looking_once_there_are_too_many_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event of 6 MB can be wrong in a million places: what that costs is bounded."""
    made = 0

    def counted(*parts: str) -> Reason:
        nonlocal made
        made += 1
        return order.Reason(*parts)

    monkeypatch.setattr(schema, "Reason", counted)
    names = {f"m{number}": 0 for number in range(20_000)}
    reasons: list[Reason] = []
    compile_schema(SCHEMA)(names | {"lines": [names, *[{}] * 9_000]}, "", reasons)
    assert MAX_REASONS < len(reasons) == made < 3 * MAX_REASONS
