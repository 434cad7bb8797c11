"""Services that are not emulated: each call is refused by name, in the protocol of its client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from emulator import refusals
from emulator.http import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.http import Request

_UNKNOWN = "UnknownOperationException"
_REST_XML = frozenset({"cloudfront", "route53"})
"""AWS's services of this protocol, by the name that requests are signed for; S3 is emulated."""


class AbsentService:
    """The service that requests are signed for as `name`: it has no operation."""

    def __init__(self, name: str, new_request_id: Callable[[], str]) -> None:
        self._name = name
        self._new_request_id = new_request_id

    async def handle(self, request: Request) -> Response:
        """A refusal, 400, that names the service and the operation."""
        action = _action(request)
        operation = action or _operation(request)
        message = f"The service {self._name} is not emulated, so {operation} is not either."
        if refusals.speaks_cbor(request.headers):
            return refusals.in_cbor(400, _UNKNOWN, message)
        if action or self._name in _REST_XML:
            return Response(400, self._xml(message).encode(), {"Content-Type": "text/xml"})
        headers = {"x-amzn-ErrorType": _UNKNOWN}
        headers["Content-Type"] = request.headers.get("content-type", "application/json")
        told = {"__type": _UNKNOWN, "message": message}
        return Response(400, json.dumps(told).encode(), headers)

    def _xml(self, message: str) -> str:
        request_id = self._new_request_id()
        error = refusals.in_xml("InvalidAction", message)
        if self._name == "ec2":
            listed = f"<Errors><Error>{error}</Error></Errors>"
            return f"<Response>{listed}<RequestID>{request_id}</RequestID></Response>"
        told = f"<Error><Type>Sender</Type>{error}</Error><RequestId>{request_id}</RequestId>"
        return f"<ErrorResponse>{told}</ErrorResponse>"


def _action(request: Request) -> str | None:
    """The operation of a Query request, which is a form; None for the other protocols."""
    given = request.query.get("Action")
    if given is None and request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        given = parse_qs(request.body.decode(errors="replace")).get("Action", [None])[0]
    return given


def _operation(request: Request) -> str:
    """What the other protocols say of the operation: its name, else method and path."""
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    _, named, operation = request.path.rpartition("/operation/")
    return target or (operation if named else f"{request.method} {request.path}")
