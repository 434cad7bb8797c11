"""Lambda's wire protocol (REST with JSON bodies) on the answering side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.http import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.errors import AwsError

CONTENT_TYPE = "application/json"


def json_response(status: int, body: Mapping[str, object] | None = None) -> Response:
    """A success; without `body` the answer is empty, as AWS's 204s are."""
    if body is None:
        return Response(status)
    return Response(status, _encode(body), {"Content-Type": CONTENT_TYPE})


def error_response(error: AwsError) -> Response:
    """A refusal: the code in `x-amzn-ErrorType`, the text and further members in the body."""
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-ErrorType": error.code}
    body = {**error.members, error.message_key: error.message}
    return Response(error.status, _encode(body), headers)


def _encode(body: Mapping[str, object]) -> bytes:
    # ASCII only: a lone surrogate in an echoed value must not become an unencodable answer.
    return json.dumps(body, separators=(",", ":")).encode("ascii")
