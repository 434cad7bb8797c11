"""CloudWatch's three wire protocols: smithy-rpc-v2-cbor, json and query, by botocore's model."""

from __future__ import annotations

import gzip
import io
import json
import re
import urllib.parse
import uuid
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import cbor2
from botocore.loaders import Loader
from botocore.model import ServiceModel

from emulator.cloudwatch.wire import constraints, query, values
from emulator.errors import AwsError
from emulator.http import Response

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

    from emulator.http import Request

Protocol = Literal["cbor", "json", "query"]

_CBOR_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)")
_QUERY_STATUSES = (403, 404, 409)
"""Those of the query protocol: in the others 400, unless the client says that it knows them."""
_MAX_BODY = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """A request understood: which operation, in which protocol, with which parameters."""

    protocol: Protocol
    operation: OperationModel
    parameters: dict[str, Any]


class Wire:
    """Reads requests to and writes replies of one service, for the operations `served`."""

    def __init__(self, served: Container[str]) -> None:
        self._served = served
        self.model = ServiceModel(
            Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch"
        )
        self._namespace = str(self.model.metadata["xmlNamespace"])

    def parse(self, request: Request, protocol: Protocol) -> Call:
        """The call in `request`; AwsError for an unknown operation and anything malformed."""
        body = _body(request)
        form = _form(request, body) if protocol == "query" else {}
        operation = self._operation(_operation_name(request, protocol, form))
        shape = operation.input_shape
        if shape is None:
            return Call(protocol, operation, {})
        raw = query.decode(shape, form) if form else _decode(protocol, body)
        parameters = cast("dict[str, Any]", values.read(shape, raw))
        constraints.check(shape, parameters)
        return Call(protocol, operation, parameters)

    def _operation(self, name: str) -> OperationModel:
        if name not in self._served:
            raise AwsError(
                "InvalidAction", f"The operation {name} is not one that this emulator has"
            )
        return self.model.operation_model(name)

    def reply(self, call: Call, result: Mapping[str, Any]) -> Response:
        """The reply to `call`."""
        request_id = str(uuid.uuid4())
        shape = call.operation.output_shape
        headers = _headers(call.protocol, request_id)
        if call.protocol == "query":
            root = query.encode(call.operation.name, self._namespace, shape, result)
            return Response(200, query.document(root, request_id, wrapped=True), headers)
        if shape is None:
            return Response(200, b"", headers)
        return Response(200, _dump(call.protocol, _plain(shape, result, call.protocol)), headers)

    def refuse(
        self, request: Request, operation: OperationModel | None, error: AwsError
    ) -> Response:
        """The reply that tells of `error`, under the shape that `operation` has for its code."""
        protocol = protocol_of(request)
        request_id = str(uuid.uuid4())
        fault = "Receiver" if error.status >= 500 else "Sender"
        headers = _headers(protocol, request_id)
        shape = self._error_shape(operation, error.code)
        if protocol == "query":
            root = query.error_document(self._namespace, fault, error, shape)
            body = query.document(root, request_id, wrapped=False)
            return Response(error.status, body, headers)
        headers["x-amzn-query-error"] = f"{error.code};{fault}"
        key = "Message" if shape and "Message" in shape.members else "message"
        told = {key: error.message} if error.message else {}
        members = {"__type": _type_of(error.code, shape), **told, **error.members}
        in_query_mode = request.headers.get("x-amzn-query-mode") == "true"
        status = 400 if error.status in _QUERY_STATUSES and not in_query_mode else error.status
        return Response(status, _dump(protocol, members), headers)

    def _error_shape(self, operation: OperationModel | None, code: str) -> StructureShape | None:
        declared = operation.error_shapes if operation else []
        for shape in [*declared, *self.model.error_shapes]:
            if shape.metadata.get("error", {}).get("code", shape.name) == code:
                return cast("StructureShape", shape)
        return None


def protocol_of(request: Request) -> Protocol:
    """Which of the three protocols `request` speaks; query where nothing tells."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor" or _CBOR_PATH.fullmatch(
        request.path
    ):
        return "cbor"
    return "json" if "x-amz-target" in request.headers else "query"


def _type_of(code: str, shape: StructureShape | None) -> str:
    if code == "ValidationError":  # as recorded: of a framework before the service
        return "com.amazon.coral.validate#ValidationException"
    return f"com.amazonaws.cloudwatch.v2010_08_01#{shape.name if shape else code}"


def _operation_name(request: Request, protocol: Protocol, form: Mapping[str, str]) -> str:
    if protocol == "cbor":
        match = _CBOR_PATH.fullmatch(request.path)
        return match[1] if match else request.path
    if protocol == "json":
        return request.headers["x-amz-target"].rpartition(".")[2]
    if "Action" not in form:
        raise AwsError("MissingAction", "The request names no Action")
    return form["Action"]


def _form(request: Request, body: bytes) -> dict[str, str]:
    try:
        pairs = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
    except ValueError as error:
        raise AwsError("SerializationException", "The body is not a form") from error
    return {**request.query, **dict(pairs)}


def _body(request: Request) -> bytes:
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return request.body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(request.body)) as stream:
            body = stream.read(_MAX_BODY + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise AwsError("SerializationException", "The body is not gzip") from error
    if len(body) > _MAX_BODY:
        raise AwsError("RequestEntityTooLargeException", "The body is too large", 413)
    return body


def _decode(protocol: Protocol, body: bytes) -> object:
    try:
        if protocol == "cbor":
            return cbor2.loads(body) if body else {}
        return json.loads(body) if body else {}
    except (ValueError, RecursionError, cbor2.CBORDecodeError) as error:
        raise AwsError("SerializationException", f"The body is not {protocol}") from error


def _plain(shape: Shape, value: Any, protocol: Protocol) -> Any:
    """`value` as what the encoders take, members without a value and unknown ones left out."""
    if shape.type_name == "structure":
        return {
            name: _plain(member, value[name], protocol)
            for name, member in cast("StructureShape", shape).members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "list":
        return [_plain(cast("ListShape", shape).member, item, protocol) for item in value]
    if shape.type_name == "map":
        member = cast("MapShape", shape).value
        return {str(key): _plain(member, item, protocol) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return cbor2.CBORTag(1, float(value)) if protocol == "cbor" else float(value)
    return float(value) if shape.type_name in ("float", "double") else value


def _dump(protocol: Protocol, value: object) -> bytes:
    if protocol == "cbor":
        return cbor2.dumps(value, indefinite_containers=True)  # as CloudWatch itself
    return json.dumps(value).encode()


def _headers(protocol: Protocol, request_id: str) -> dict[str, str]:
    headers = {"x-amzn-RequestId": request_id}
    if protocol == "cbor":
        return {**headers, "Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    kind = "application/x-amz-json-1.0" if protocol == "json" else "text/xml"
    return {**headers, "Content-Type": kind}
