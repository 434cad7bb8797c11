"""Requests by hypothesis from the service models: nearly, or not at all, in shape."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

import botocore.loaders
import cbor2
from botocore.model import ServiceModel
from hypothesis import strategies as st

from emulator.lambda_.api.control import HANDLERS

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape
    from hypothesis.strategies import DrawFn, SearchStrategy

FUNCTION = "fuzzed"
Unsigned: TypeAlias = tuple[bytes, str]
"""A request without a signature, and the service that it is for."""
_DEPTH = 4
_SCOPES = {"lambda": "lambda", "cloudwatch": "monitoring"}
_GRANITE = "GraniteServiceVersion20100801"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:fuzzed"
_NAMES = st.sampled_from(
    [FUNCTION, "live", "1", "$LATEST", "absent", _ARN, f"{_ARN}:live", f"{FUNCTION}:1", "a" * 170]
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_JUNK: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def shaped(draw: DrawFn) -> Unsigned:
    """A request for an operation of Lambda or CloudWatch; mostly the right shape."""
    operation = draw(st.sampled_from(_operations()) | st.sampled_from(_served()))
    values = draw(_structure(operation.service_model, operation.input_shape, 0))
    if operation.service_model.service_name == "lambda":
        return _rest(draw, operation, values if isinstance(values, dict) else {})
    return _granite(draw, operation.name, values)


@st.composite
def raw(draw: DrawFn) -> bytes:
    """Something like HTTP with pieces missing, doubled, or replaced by any bytes."""
    pieces = [
        st.sampled_from([b"POST ", b"GET ", b"P\x00ST ", b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
        st.sampled_from([b"/2015-03-31/functions/fuzzed/invocations", b"/%zz", b"//", b"*"]),
        st.sampled_from([b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/9.9\r\n", b"\n", b"\r\n"]),
        st.sampled_from([b"Host: a\r\n", b"Host a\r\n", b": \r\n", b"X: " + b"y" * 9000 + b"\r\n"]),
        st.sampled_from(
            [
                b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 1e9\r\n",
                b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Transfer-Encoding: chunked\r\n",
                b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"Transfer-Encoding: x\r\n",
            ]
        ),
        st.sampled_from([_authorization("lambda"), _authorization("monitoring"), b""]),
        st.sampled_from([b"\r\n", b"\r\n{}", b"\r\nzz\r\n\r\n", b"\r\n5\r\nab", b""]),
    ]  # fmt: skip
    parts = [draw(piece | st.binary(max_size=12)) for piece in pieces]
    return b"".join(parts)


def _rest(draw: DrawFn, operation: OperationModel, values: dict[str, Any]) -> Unsigned:
    shape = operation.input_shape
    path, _, fixed = operation.http["requestUri"].partition("?")
    query, lines, body = [fixed] if fixed else [], b"", {}
    for name, member in shape.members.items() if shape is not None else ():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        value = values.get(name)
        if place == "uri":
            path = path.replace(f"{{{key}}}", quote(_plain(value) or draw(_NAMES), safe=""))
        elif place == "querystring" and value is not None:
            query.append(urlencode({key: _plain(value)}))
        elif place == "header" and value is not None:
            lines += f"{key}: {quote(_plain(value), safe=' =;:,')}\r\n".encode()
        elif place is None and name in values:
            body[key] = value
    content = draw(st.just(json.dumps(body, default=_encoded).encode()) | st.binary(max_size=9))
    target = path + ("?" + "&".join(query) if query else "")
    return _message(operation.http["method"], target, "lambda", lines, content)


def _granite(draw: DrawFn, operation: str, values: Any) -> Unsigned:
    kind = draw(st.sampled_from(["json", "cbor", "query"]))
    if kind == "cbor":
        lines = b"smithy-protocol: rpc-v2-cbor\r\nContent-Type: application/cbor\r\n"
        content = draw(st.just(cbor2.dumps(values)) | st.binary(max_size=9))
        path = f"/service/{_GRANITE}/operation/{operation}"
        return _message("POST", path, "cloudwatch", lines, content)
    if kind == "json":
        target = f"X-Amz-Target: {_GRANITE}.{operation}\r\n"
        lines = target.encode() + b"Content-Type: application/x-amz-json-1.0\r\n"
        text = json.dumps(values, default=_encoded).encode()
        return _message("POST", "/", "cloudwatch", lines, draw(st.just(text) | st.binary()))
    form = {"Action": operation, "Version": "2010-08-01", **dict(_flat("", values))}
    lines = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return _message("POST", "/", "cloudwatch", lines, urlencode(form).encode())


def _flat(prefix: str, value: Any) -> list[tuple[str, str]]:
    """Form fields as the Query protocol names them."""
    dot = f"{prefix}." if prefix else ""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(f"{dot}{key}", item)]
    if isinstance(value, list):
        return [
            pair
            for index, item in enumerate(value, 1)
            for pair in _flat(f"{dot}member.{index}", item)
        ]
    return [(prefix, _plain(value))] if prefix else []


def _message(method: str, target: str, service: str, lines: bytes, content: bytes) -> Unsigned:
    start = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n".encode()
    length = f"Content-Length: {len(content)}\r\n".encode()
    return start + length + lines + b"\r\n" + content, _SCOPES[service]


def _authorization(scope: str) -> bytes:
    credential = f"Credential=test/20260101/us-east-1/{scope}/aws4_request"
    return f"Authorization: AWS4-HMAC-SHA256 {credential}, Signature=0\r\n".encode()


def _plain(value: Any) -> str:
    return (
        "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    )


def _encoded(value: object) -> str:
    return str(value)


@cache
def _operations() -> list[OperationModel]:
    loader = botocore.loaders.Loader()
    models = [
        ServiceModel(loader.load_service_model(name, "service-2"), service_name=name)
        for name in ("lambda", "cloudwatch")
    ]
    return [model.operation_model(name) for model in models for name in model.operation_names]


@cache
def _served() -> list[OperationModel]:
    """CloudWatch's operations and those of Lambda that the emulator has."""
    served = {*HANDLERS, "Invoke"}
    return [
        found
        for found in _operations()
        if found.service_model.service_name == "cloudwatch" or found.name in served
    ]


def _structure(model: ServiceModel, shape: Shape | None, depth: int) -> SearchStrategy[Any]:
    if shape is None:
        return st.just({})
    members: dict[str, Shape] = getattr(shape, "members", {})
    required = getattr(shape, "required_members", [])
    strategies = {name: _value(model, member.name, depth + 1) for name, member in members.items()}
    return st.fixed_dictionaries(
        {name: strategies[name] for name in required},
        optional={name: found for name, found in strategies.items() if name not in required},
    )


@cache
def _value(model: ServiceModel, name: str, depth: int) -> SearchStrategy[Any]:
    """Nine times in ten a value of the shape's type, else anything."""
    proper = _proper(model, model.shape_for(name), depth)
    return st.integers(0, 9).flatmap(lambda choice: proper if choice else _JUNK)


def _proper(model: ServiceModel, shape: Any, depth: int) -> SearchStrategy[Any]:
    kind = shape.type_name
    if kind in ("structure", "list", "map") and depth > _DEPTH:
        return _JUNK
    if kind == "structure":
        return _structure(model, shape, depth)
    if kind == "list":
        return st.lists(_value(model, shape.member.name, depth + 1), max_size=3)
    if kind == "map":
        values = _value(model, shape.value.name, depth + 1)
        return st.dictionaries(_NAMES | _TEXT, values, max_size=3)
    if kind in ("integer", "long"):
        return st.integers(-2, 1200) | st.integers()
    if kind in ("double", "float"):
        return st.floats(-1, 2) | st.floats()
    if kind == "boolean":
        return st.booleans()
    if kind == "timestamp":
        return st.integers(0, 2_000_000_000) | st.sampled_from(["2027-01-15T12:00:00Z", "soon"])
    choices = list(getattr(shape, "enum", ()) or ())
    return (st.sampled_from(choices) if choices else _NAMES) | _TEXT
