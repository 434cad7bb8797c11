"""AWS's query protocol: form-encoded requests by shape, XML replies by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from xml.etree.ElementTree import Element, SubElement, tostring

from emulator.cloudwatch.wire.values import iso8601

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import ListShape, MapShape, Shape, StructureShape

    from emulator.errors import AwsError

_DEPTH = 24


def decode(shape: Shape, form: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a form (`Dimensions.member.1.Name=...`) as nested raw values."""
    tree: dict[str, Any] = {}
    for key, value in form.items():
        node = tree
        *parents, leaf = key.split(".")[:_DEPTH]
        for part in parents:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                break
            node = child
        else:
            node.setdefault(leaf, value)
    return cast("dict[str, Any]", _untangle(shape, tree))


def _untangle(shape: Shape, node: Any) -> Any:
    if shape.type_name == "structure":
        return _untangle_structure(cast("StructureShape", shape), node)
    if shape.type_name == "list":
        items = node.get("member", {}) if isinstance(node, dict) else {}
        return [_untangle(cast("ListShape", shape).member, item) for item in _numbered(items)]
    if shape.type_name == "map":
        entries = _numbered(node.get("entry", {}) if isinstance(node, dict) else {})
        value = cast("MapShape", shape).value
        pairs = [entry for entry in entries if isinstance(entry, dict)]
        return {str(pair.get("key")): _untangle(value, pair.get("value")) for pair in pairs}
    return _scalar(shape.type_name, node)


def _untangle_structure(shape: StructureShape, node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    return {
        name: _untangle(member, node[name])
        for name, member in shape.members.items()
        if name in node
    }


def _numbered(items: Any) -> list[Any]:
    if not isinstance(items, dict):
        return []
    numbers = sorted(int(key) for key in items if key.isdecimal() and len(key) < 7)
    return [items[str(number)] for number in numbers if str(number) in items]


def _scalar(kind: str, text: Any) -> Any:
    """A number or boolean from its text; what is none stays a text for the shape to refuse."""
    if not isinstance(text, str):
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "long", "float", "double"):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def encode(operation: str, namespace: str, shape: StructureShape | None, value: Any) -> Element:
    """The reply's document; the caller adds the request id."""
    root = Element(f"{operation}Response", xmlns=namespace)
    if shape is not None:
        result = SubElement(
            root, str(shape.serialization.get("resultWrapper", f"{operation}Result"))
        )
        _fill(result, shape, value)
    return root


def _fill(element: Element, shape: Shape, value: Any) -> None:
    """Write `value` into `element`."""
    if shape.type_name == "structure":
        for name, member in cast("StructureShape", shape).members.items():
            if value.get(name) is not None:
                _fill(SubElement(element, name), member, value[name])
    elif shape.type_name == "list":
        for item in value:
            _fill(SubElement(element, "member"), cast("ListShape", shape).member, item)
    elif shape.type_name == "map":
        for key, item in value.items():
            entry = SubElement(element, "entry")
            SubElement(entry, "key").text = str(key)
            _fill(SubElement(entry, "value"), cast("MapShape", shape).value, item)
    else:
        element.text = _text(shape.type_name, value)


def _text(kind: str, value: Any) -> str:
    if kind == "timestamp":
        return iso8601(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("float", "double"):
        return repr(float(value))
    return str(value)


def error_document(
    namespace: str, kind: str, error: AwsError, shape: StructureShape | None
) -> Element:
    """An error reply's document; the caller adds the request id."""
    root = Element("ErrorResponse", xmlns=namespace)
    element = SubElement(root, "Error")
    SubElement(element, "Type").text = kind
    SubElement(element, "Code").text = error.code
    if error.message:
        SubElement(element, "Message").text = error.message
    if shape is not None:
        _fill(element, shape, error.members)
    return root


def document(root: Element, request_id: str, *, wrapped: bool) -> bytes:
    """`root` as bytes, with the request id in ResponseMetadata (`wrapped`) or at the root."""
    parent = SubElement(root, "ResponseMetadata") if wrapped else root
    SubElement(parent, "RequestId").text = request_id
    return cast("bytes", tostring(root, encoding="utf-8"))
