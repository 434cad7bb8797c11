"""The model's own constraints on a request: required members, lengths, ranges, enums, patterns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import ListShape, MapShape, Shape, StructureShape

_REPORTED = 10
_RECORDED_ORDER = {"StateValue": ("INSUFFICIENT_DATA", "ALARM", "OK")}
"""In which AWS lists the values of an enumeration, where it is not the model's order."""


def check(shape: Shape, value: object) -> None:
    """Hold `value` against `shape`; raises one ValidationError that counts and joins the faults."""
    faults = list(_faults(shape, value, ""))
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        listed = "; ".join(faults[:_REPORTED])
        raise AwsError("ValidationError", f"{len(faults)} validation {noun} detected: {listed}")


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure_faults(cast("StructureShape", shape), value, path)
        return
    for failed in _broken_rules(shape, value):
        yield _fault(value, path, failed)
    if shape.type_name == "list":
        member = cast("ListShape", shape).member
        for index, item in enumerate(value, 1):
            yield from _faults(member, item, f"{path}.{index}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _faults(cast("MapShape", shape).value, item, f"{path}.{key}.member")


def _structure_faults(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _fault(None, _join(path, name), "Member must not be null")
    for name, item in value.items():
        yield from _faults(shape.members[name], item, _join(path, name))


def _join(path: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{path}.{lower}" if path else lower


def _fault(value: object, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:100]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {rule}"


def _broken_rules(shape: Shape, value: Any) -> Iterator[str]:
    metadata = shape.metadata
    numeric = shape.type_name in ("integer", "long", "float", "double")
    measured = value if numeric else len(value) if hasattr(value, "__len__") else None
    noun = "value" if numeric else "length"
    if measured is not None and measured < metadata.get("min", measured):
        yield f"Member must have {noun} greater than or equal to {metadata['min']}"
    if measured is not None and measured > metadata.get("max", measured):
        yield f"Member must have {noun} less than or equal to {metadata['max']}"
    if "enum" in metadata and value not in metadata["enum"]:
        listed = _RECORDED_ORDER.get(shape.name, metadata["enum"])
        yield f"Member must satisfy enum value set: [{', '.join(listed)}]"
    pattern = metadata.get("pattern")
    if pattern and shape.type_name == "string" and not re.fullmatch(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
