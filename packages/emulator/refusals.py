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
        text = f"<Error>{in_xml(_OF_S3.get(code, code), message)}</Error>"
        return Response(error.status, text.encode(), {"Content-Type": "text/xml"})
    if service in _BEGAN_WITH_QUERY:
        code = _OF_QUERY.get(code, code)
    if speaks_cbor(headers):
        return in_cbor(error.status, code, message)
    if service in _BEGAN_WITH_QUERY and "x-amz-target" not in headers:
        fault = f"<Type>Sender</Type>{in_xml(code, message)}"
        text = f"<ErrorResponse><Error>{fault}</Error></ErrorResponse>"
        return Response(error.status, text.encode(), {"Content-Type": "text/xml"})
    body = {**error.members, error.message_key: message, "__type": code}
    kind = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    if service in _BEGAN_WITH_QUERY:
        kind["x-amzn-query-error"] = f"{code};Sender"
    return Response(error.status, json.dumps(body).encode(), kind)


def speaks_cbor(headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers is of the newest protocol."""
    return headers.get("smithy-protocol") == "rpc-v2-cbor"


def in_cbor(status: int, code: str, message: str) -> Response:
    """A refusal in that protocol."""
    kind = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    return Response(status, cbor2.dumps({"__type": code, "message": message}), kind)


def in_xml(code: str, message: str) -> str:
    """What each of the XML protocols puts into an error."""
    return f"<Code>{code}</Code><Message>{escape(message)}</Message>"
