"""Compiles the subset of JSON Schema 2020-12 that the order contract uses into plain functions.

Stops at nothing: a check reports every violation, each with a code made of the schema's `x-reason`
label and the keyword that failed. An unknown keyword is refused at compile time, so that the
published contract can never say more than is checked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias

from order_processor.order import Reason

Schema: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[Any, str, list[Reason]], None]

UNKNOWN_MEMBER = "UNKNOWN_MEMBER"
MAX_REASONS = 4_000
"""Nothing more is looked at once there are more: an event of 6 MB can give a million."""

_ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "x-reason"}
_KEYWORDS_BY_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength"},
    "integer": {"minimum", "maximum"},
    "boolean": set[str](),
}
# A member name goes into a path only where it is short and can be written as UTF-8; otherwise the
# path names the object. This bounds the answer's size and keeps it serialisable.
_MAX_MEMBER_IN_PATH = 64


class SchemaError(Exception):
    """The schema uses something this module does not check."""


def compile_schema(schema: Schema) -> Check:
    """Return the check of a whole schema; `$ref` may point to its own `$defs`."""
    return _compile(schema, schema)


def _compile(schema: Schema, root: Schema) -> Check:
    if "$ref" in schema:
        return _compile(_resolve(schema["$ref"], root), root)
    kind = schema.get("type", "none")
    unknown = schema.keys() - _ANNOTATIONS - _KEYWORDS_BY_TYPE.get(kind, set()) - {"type"}
    if unknown or kind not in _COMPILERS:
        raise SchemaError(f"Cannot check type {kind} with {sorted(unknown)}: extend schema.py.")
    return _COMPILERS[kind](schema, root)


def _resolve(reference: str, root: Schema) -> Schema:
    prefix, _, name = reference.rpartition("/")
    if prefix != "#/$defs" or name not in root.get("$defs", {}):
        raise SchemaError(f"Cannot follow {reference}: only #/$defs/NAME is supported.")
    definition: Schema = root["$defs"][name]
    return definition


def _object(schema: Schema, root: Schema) -> Check:
    if schema.get("additionalProperties") is not False:
        raise SchemaError("An object must set additionalProperties to false.")
    properties: dict[str, Schema] = schema["properties"]
    members = [
        (name, f"/{name}", _compile(member, root), member["x-reason"], name in schema["required"])
        for name, member in properties.items()
    ]
    wrong_type = _violation(schema, "WRONG_TYPE", "must be an object")

    def check(value: Any, path: str, reasons: list[Reason]) -> None:
        if not isinstance(value, dict):
            reasons.append(wrong_type(path))
            return
        known = 0
        for name, suffix, check_member, label, required in members:
            if name in value:
                known += 1
                check_member(value[name], path + suffix, reasons)
            elif required:
                reasons.append(Reason(f"{label}_MISSING", path + suffix, "is required"))
        if known < len(value):
            unknown = (name for name in value if name not in properties)
            reasons.extend(_unknown_member(path, name) for name in islice(unknown, MAX_REASONS + 1))

    return check


def _unknown_member(path: str, name: str) -> Reason:
    if len(name) <= _MAX_MEMBER_IN_PATH and name.isprintable():
        path += "/" + name.replace("~", "~0").replace("/", "~1")
    return Reason(UNKNOWN_MEMBER, path, "is not a member of the contract")


def _array(schema: Schema, root: Schema) -> Check:
    least, most = schema["minItems"], schema["maxItems"]
    check_item = _compile(schema["items"], root)
    wrong_type = _violation(schema, "WRONG_TYPE", "must be an array")
    wrong_count = _violation(
        schema, "COUNT_OUT_OF_RANGE", f"must have {least} to {most} items; later ones go unchecked"
    )

    def check(value: Any, path: str, reasons: list[Reason]) -> None:
        if not isinstance(value, list):
            reasons.append(wrong_type(path))
            return
        if not least <= len(value) <= most:
            reasons.append(wrong_count(path))
        found: list[Reason] = []
        for index, item in enumerate(value[:most]):
            check_item(item, "", found)
            if found:  # of most there is none, so that no path is needed
                prefix = f"{path}/{index}"
                reasons += [reason._replace(path=prefix + reason.path) for reason in found]
                found.clear()
                if len(reasons) > MAX_REASONS:
                    return

    return check


def _string(schema: Schema, _root: Schema) -> Check:
    least, most = schema.get("minLength", 0), schema.get("maxLength", sys.maxsize)
    # ECMA's $ matches at the very end only; Python's also before a final newline.
    pattern = schema.get("pattern")
    search = re.compile(pattern.replace("$", r"\Z")).search if pattern else None
    wrong_type = _violation(schema, "WRONG_TYPE", "must be a string, in quotation marks")
    wrong_length = _violation(
        schema, "LENGTH_OUT_OF_RANGE", f"must be {least} to {most} characters long"
    )
    malformed = _violation(schema, "MALFORMED", f"must match {pattern}")

    def check(value: Any, path: str, reasons: list[Reason]) -> None:
        if not isinstance(value, str):
            reasons.append(wrong_type(path))
            return
        if not least <= len(value) <= most:
            reasons.append(wrong_length(path))
        if search is not None and search(value) is None:
            reasons.append(malformed(path))

    return check


def _integer(schema: Schema, _root: Schema) -> Check:
    least, most = schema["minimum"], schema["maximum"]
    wrong_type = _violation(schema, "WRONG_TYPE", "must be a whole number")
    out_of_range = _violation(schema, "OUT_OF_RANGE", f"must be from {least} to {most}")

    def check(value: Any, path: str, reasons: list[Reason]) -> None:
        if type(value) is int and least <= value <= most:  # most are
            return
        # In JSON Schema 2.0 is an integer and true is none.
        real = isinstance(value, float)
        number = real or type(value) is int
        if not number or (real and not value.is_integer()):
            reasons.append(wrong_type(path))
        # The bounds hold for every number: 0.5 is neither whole nor within them.
        if number and (value < least or value > most):
            reasons.append(out_of_range(path))

    return check


def _boolean(schema: Schema, _root: Schema) -> Check:
    wrong_type = _violation(schema, "WRONG_TYPE", "must be true or false")

    def check(value: Any, path: str, reasons: list[Reason]) -> None:
        if not isinstance(value, bool):
            reasons.append(wrong_type(path))

    return check


def _violation(schema: Schema, suffix: str, message: str) -> Callable[[str], Reason]:
    code = f"{schema['x-reason']}_{suffix}"
    return lambda path: Reason(code, path, message)


_COMPILERS: dict[str, Callable[[Schema, Schema], Check]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}
