"""Which operation of botocore's Lambda service model a request calls, and with what input."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import botocore.loaders
from botocore.model import ServiceModel
from multidict import MultiMapping

from emulator.errors import AwsError
from emulator.lambda_.state import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, Shape, StructureShape

    from emulator.http import Request


@dataclass(frozen=True, slots=True)
class Call:
    """One request as an operation and its input, not yet judged against the constraints."""

    operation: OperationModel
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Route:
    operation: OperationModel
    path: re.Pattern[str]
    query: dict[str, str]


class Routes:
    """The route table: method, path and fixed query parameters of every modelled operation."""

    def __init__(self) -> None:
        model = _service_model()
        self.operations = [model.operation_model(name) for name in model.operation_names]
        self._routes: dict[str, list[_Route]] = {}
        for operation in self.operations:
            path, _, query = operation.http["requestUri"].partition("?")
            route = _Route(operation, _path_pattern(path), dict(parse_qsl(query)))
            self._routes.setdefault(operation.http["method"], []).append(route)
        for routes in self._routes.values():  # the most specific first
            routes.sort(key=lambda route: -len(route.query))

    def match(self, request: Request) -> tuple[OperationModel, dict[str, str]]:
        """The operation and its path parameters; a path of no operation is refused as by AWS."""
        path = request.path.rstrip("/")
        for route in self._routes.get(request.method, ()):
            matched = route.path.fullmatch(path)
            if matched and all(request.query.get(k) == v for k, v in route.query.items()):
                return route.operation, matched.groupdict()
        raise AwsError(
            "AccessDeniedException",
            "Unable to determine service/operation name to be authorized",
            403,
            message_key="Message",
        )

    def read(self, request: Request) -> Call:
        """The operation with its input gathered from path, query and body, types checked."""
        operation, in_path = self.match(request)
        shape = operation.input_shape
        params = _from_body(shape, request.body) if shape is not None else {}
        for name, member in shape.members.items() if shape is not None else ():
            location = member.serialization.get("location")
            key = member.serialization.get("name", name)
            if location == "uri":
                params[name] = in_path[key]
            elif location == "querystring" and key in request.query:
                params[name] = _from_query(member, request.query, key)
            elif location == "header" and key.lower() in request.headers:
                params[name] = request.headers[key.lower()]
        return Call(operation, params)


@cache
def _service_model() -> ServiceModel:
    """Read once a process; it takes a quarter of a second."""
    return ServiceModel(botocore.loaders.Loader().load_service_model("lambda", "service-2"))


def _path_pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\+?\}", path)
    pieces = [
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]+)"
        for index, part in enumerate(parts)
    ]
    return re.compile("".join(pieces))


def _from_body(shape: StructureShape, body: bytes) -> dict[str, Any]:
    """The members that travel in the body; null and unknown ones are left out, as by AWS."""
    in_body = [name for name, member in shape.members.items() if _in_body(member)]
    if not body.strip() or not in_body:
        return {}
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refusals.unreadable("Could not parse request body into json.") from error
    given = _structure(shape, document, "")
    return {name: given[name] for name in in_body if name in given}


def _in_body(member: Shape) -> bool:
    return "location" not in member.serialization


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _from_query(shape: Shape, query: Mapping[str, str], key: str) -> Any:
    if shape.type_name == "list":
        return query.getall(key) if isinstance(query, MultiMapping) else [query[key]]
    if shape.type_name in ("integer", "long"):
        try:
            return int(query[key])
        except ValueError as error:
            raise refusals.unreadable(f"'{key}' must be a whole number.") from error
    return query[key]


def _structure(shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mistyped(path, "an object")
    read = {}
    for name, member in shape.members.items():
        key = member.serialization.get("name", name)
        if value.get(key) is not None:
            read[name] = _typed(member, value[key], f"{path}/{key}")
    return read


def _typed(shape: Shape, value: Any, path: str) -> Any:
    """`value` as the shape's Python type; a wrong JSON type is a `SerializationException`."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, path)  # type: ignore[arg-type]
    if kind == "list":
        if not isinstance(value, list):
            raise _mistyped(path, "a list")
        return [_typed(shape.member, item, path) for item in value]  # type: ignore[attr-defined]
    if kind == "map":
        if not isinstance(value, dict):
            raise _mistyped(path, "an object")
        part = shape.value  # type: ignore[attr-defined]
        return {key: _typed(part, item, f"{path}/{key}") for key, item in value.items()}
    if kind == "blob":
        return _blob(value, path)
    expected, noun = _JSON_TYPES.get(kind, ((str,), "a string"))
    if type(value) not in expected:  # not isinstance: a bool is an int to Python
        raise _mistyped(path, noun)
    return _float(value, path) if kind in ("double", "float") else value


def _float(value: Any, path: str) -> float:
    try:
        return float(value)
    except OverflowError as error:  # JSON's whole numbers have no bound
        raise _mistyped(path, "a number") from error


_JSON_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "boolean": ((bool,), "true or false"),
    "integer": ((int,), "a whole number"),
    "long": ((int,), "a whole number"),
    "double": ((int, float), "a number"),
    "float": ((int, float), "a number"),
    "timestamp": ((int, float, str), "a timestamp"),
}


def _blob(value: Any, path: str) -> bytes:
    if not isinstance(value, str):
        raise _mistyped(path, "base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _mistyped(path, "base64 text") from error


def _mistyped(path: str, noun: str) -> AwsError:
    where = f"'{path.lstrip('/')}'" if path else "The request body"
    return refusals.unreadable(f"{where} must be {noun}.")
