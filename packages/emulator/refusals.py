"""Refusals of a caller, each in the words and the protocol of the service that was called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import cbor2

from emulator.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.errors import AwsError

_OF_QUERY = {
    "UnrecognizedClientException": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "IncompleteSignatureException": "IncompleteSignature",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "AccessDeniedException": "AccessDenied",
}
"""Codes of the services that began with the Query protocol, whichever they speak today."""
_OF_S3 = {**_OF_QUERY, "UnrecognizedClientException": "InvalidAccessKeyId"}
_BEGAN_WITH_QUERY = frozenset({"iam", "monitoring", "sns", "sqs", "sts"})


def answer(error: AwsError, service: str | None, headers: Mapping[str, str]) -> Response:
    """`error` as `service` tells it to a request with these headers (names in lower case)."""
    code, message = error.code, error.message
    if service == "s3":
        text = f"<Error><Code>{_OF_S3.get(code, code)}</Code><Message>{escape(message)}</Message>"
        return Response(error.status, f"{text}</Error>".encode(), {"Content-Type": "text/xml"})
    if service in _BEGAN_WITH_QUERY:
        code = _OF_QUERY.get(code, code)
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        kind = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(error.status, cbor2.dumps({"__type": code, "message": message}), kind)
    if service in _BEGAN_WITH_QUERY and "x-amz-target" not in headers:
        fault = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
        text = f"<ErrorResponse><Error>{fault}</Error></ErrorResponse>"
        return Response(error.status, text.encode(), {"Content-Type": "text/xml"})
    body = {**error.members, error.message_key: message, "__type": code}
    kind = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    if service in _BEGAN_WITH_QUERY:
        kind["x-amzn-query-error"] = f"{code};Sender"
    return Response(error.status, json.dumps(body).encode(), kind)
