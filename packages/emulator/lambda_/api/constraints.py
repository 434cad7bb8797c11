"""A request's values against the service model's constraints, faults worded as AWS words them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import ListShape, MapShape, Shape, StructureShape

# Where on-demand functions have tighter limits than the model, which covers newer products
# (Lambda Developer Guide, "Lambda quotas").
_MAXIMA = {"Timeout": 900, "MemorySize": 10_240, "EphemeralStorageSize": 10_240}

# Lambda words the refusal of a runtime itself (`settings`).
_JUDGED_ELSEWHERE = frozenset({"Runtime"})

_SIZED = frozenset({"string", "list", "map", "blob"})


def faults(shape: StructureShape, value: dict[str, Any]) -> list[str]:
    """One clause for each member of `value` that breaks a constraint of `shape`."""
    return list(_structure(shape, value, ""))


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        where = f"{path}.{_camel(name)}" if path else _camel(name)
        if name in value:
            yield from _value(member, value[name], where)
        elif name in shape.required_members:
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure(shape, value, path)  # type: ignore[arg-type]
    elif shape.type_name == "list":
        yield from _list(shape, value, path)  # type: ignore[arg-type]
    elif shape.type_name == "map":
        yield from _map(shape, value, path)  # type: ignore[arg-type]
    else:
        yield from (_fault(value, path, text) for text in _broken(shape, value))


def _list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    shown = f"[{', '.join(map(str, value))}]"
    yield from (_fault(shown, path, text) for text in _broken(shape, value))
    member = shape.member
    if member.type_name == "structure":
        for index, item in enumerate(value, start=1):
            yield from _value(member, item, f"{path}.{index}.member")
    elif any(_broken(member, item) for item in value):
        texts = ", ".join([*_constraints(member), "Member must not be null"])
        yield _fault(shown, path, f"Member must satisfy constraint: [{texts}]")


def _map(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[str]:
    shown = "{" + ", ".join(f"{key}={item}" for key, item in value.items()) + "}"
    yield from (_fault(shown, path, text) for text in _broken(shape, value))
    if any(_broken(shape.key, key) for key in value):
        texts = ", ".join(_constraints(shape.key))
        yield _fault(shown, path, f"Map keys must satisfy constraint: [{texts}]")
    if any(_broken(shape.value, item) for item in value.values()):
        texts = ", ".join([*_constraints(shape.value), "Member must not be null"])
        yield _fault(shown, path, f"Map value must satisfy constraint: [{texts}]")


def _fault(value: Any, path: str, text: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {text}"


def _broken(shape: Shape, value: Any) -> list[str]:
    """The constraints of `shape` itself (not of what it contains) that `value` breaks."""
    if value is None:
        return ["Member must not be null"]
    if shape.name in _JUDGED_ELSEWHERE:
        return []
    return [text for text, holds in _checks(shape, value) if not holds]


def _constraints(shape: Shape) -> list[str]:
    return [text for text, _ in _checks(shape, None)]


def _checks(shape: Shape, value: Any) -> Iterator[tuple[str, bool]]:
    """Each constraint's text and whether `value` holds to it; without a value just the texts."""
    known, limits = value is not None, shape.metadata
    unit = "length" if shape.type_name in _SIZED else "value"
    size = len(value) if known and unit == "length" else value
    maximum = _MAXIMA.get(shape.name, limits.get("max"))
    if maximum is not None:
        text = f"Member must have {unit} less than or equal to {maximum}"
        yield text, known and size <= maximum
    if limits.get("min") is not None:
        text = f"Member must have {unit} greater than or equal to {limits['min']}"
        yield text, known and size >= limits["min"]
    if limits.get("pattern"):
        text = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield text, known and bool(_compiled(limits["pattern"]).fullmatch(value))
    if limits.get("enum"):
        text = f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
        yield text, known and value in limits["enum"]


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    """The model's patterns are Java's; only its Unicode classes have no Python counterpart."""
    if r"\p{" in pattern:
        return re.compile(
            pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", " ").replace(r"\p{N}", r"\w")
        )
    return re.compile(pattern, re.ASCII)


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
