"""Properties as Pulumi's protocol carries them, and as the providers take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.rpc import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.state import Properties

# Pulumi's own marks (sdk/go/common/resource/plugin/rpc.go): the key of a special object, and what
# it is.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a mark, no secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def read(struct: struct_pb2.Struct) -> Properties:
    """Return plain values: whole numbers as `int`, an archive as path and digest, secrets bare."""
    read_: Properties = _plain(json_format.MessageToDict(struct))
    return read_


def write(properties: Mapping[str, Any], given: struct_pb2.Struct) -> struct_pb2.Struct:
    """Return the message for `properties`; an archive goes back as `given` had it."""
    original = json_format.MessageToDict(given)
    message = struct_pb2.Struct()
    json_format.ParseDict(
        {
            key: original[key] if _is_archive(value) and key in original else value
            for key, value in properties.items()
        },
        message,
    )
    return message


def _is_archive(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"path", "hash"}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return value
    if _SIGNATURE not in value:
        return {k: _plain(v) for k, v in value.items() if v is not None and not k.startswith("__")}
    if value[_SIGNATURE] in {_SECRET, _OUTPUT}:
        return _plain(value.get("value", UNKNOWN))
    return {"path": value.get("path", ""), "hash": value.get("hash", "")}
