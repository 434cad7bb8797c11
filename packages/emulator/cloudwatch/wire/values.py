"""Values by the shapes of botocore's service model: what a request may hold, how a reply is built.

Inside the service a timestamp is a float (seconds since the epoch), a number an int or a float, a
structure a dict of member names, a list a list, a map a dict.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
from typing import TYPE_CHECKING, Any, cast

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import ListShape, MapShape, Shape, StructureShape

_INTEGERS = ("integer", "long")
_FLOATS = ("float", "double")
_NAMES = {list: "a list", dict: "a structure", bool: "a boolean", str: "a string"}


def read(shape: Shape, raw: object, path: str = "") -> Any:
    """`raw` (decoded JSON or CBOR) as a value of `shape`; members that the model lacks are dropped.

    Raises SerializationException where the types do not fit.
    """
    match shape.type_name:
        case "structure":
            return _read_structure(cast("StructureShape", shape), raw, path)
        case "list":
            member = cast("ListShape", shape).member
            items = cast("list[object]", _typed(raw, list, path))
            return [read(member, item, f"{path}.{index}") for index, item in enumerate(items, 1)]
        case "map":
            pairs = cast("dict[object, object]", _typed(raw, dict, path))
            value = cast("MapShape", shape).value
            return {str(key): read(value, item, f"{path}.{key}") for key, item in pairs.items()}
        case _:
            return _read_scalar(shape.type_name, raw, path)


def _read_structure(shape: StructureShape, raw: object, path: str) -> dict[str, Any]:
    given = cast("Mapping[object, object]", _typed(raw, dict, path))
    members = shape.members
    return {
        name: read(members[name], given[name], f"{path}.{name}" if path else name)
        for name in members
        if given.get(name) is not None
    }


def _read_scalar(kind: str, raw: object, path: str) -> object:
    if kind in _INTEGERS:
        return _integer(raw, path)
    if kind in _FLOATS:
        return _number(raw, path)
    if kind == "timestamp":
        return read_timestamp(raw, path)
    if kind == "boolean":
        return _typed(raw, bool, path)
    if kind == "blob":
        return raw if isinstance(raw, bytes) else base64.b64decode(str(raw))
    return _typed(raw, str, path)


def _typed(raw: object, kind: type, path: str) -> object:
    if isinstance(raw, kind):
        return raw
    raise _unfit(path, _NAMES[kind])


def _number(raw: object, path: str) -> float:
    if isinstance(raw, str) and raw in ("NaN", "Infinity", "-Infinity"):
        return float(raw)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _finite_float(raw, path)
    raise _unfit(path, "a number")


def _finite_float(raw: float, path: str) -> float:
    try:
        return float(raw)
    except OverflowError as error:
        raise _unfit(path, "a number") from error


def _integer(raw: object, path: str) -> int:
    number = _number(raw, path)
    if not math.isfinite(number) or number != int(number):
        raise _unfit(path, "an integer")
    return int(number)


def read_timestamp(raw: object, path: str) -> float:
    """Seconds since the epoch of a number, a datetime (CBOR tag 1) or an ISO 8601 text."""
    if isinstance(raw, dt.datetime):
        return raw.timestamp()
    if isinstance(raw, str):
        try:
            moment = dt.datetime.fromisoformat(raw)
        except ValueError as error:
            raise _unfit(path, "a timestamp") from error
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    number = _number(raw, path)
    if not abs(number) < 1e11:  # the year 5138: beyond it no datetime could be shown
        raise _unfit(path, "a timestamp")
    return number


def _unfit(path: str, wanted: str) -> AwsError:
    return AwsError("SerializationException", f"The value at '{path}' is not {wanted}")


def iso8601(timestamp: float) -> str:
    """`timestamp` as the query protocol writes it: to the millisecond, unless that is zero."""
    moment = dt.datetime.fromtimestamp(timestamp, dt.UTC)
    precision = "milliseconds" if moment.microsecond >= 1_000 else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
