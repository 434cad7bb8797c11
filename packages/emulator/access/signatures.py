"""Signature Version 4 on the receiving side: in the Authorization header, or in a presigned URL.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
import re
import time
from calendar import timegm
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from multidict import CIMultiDictProxy

_CREDENTIAL = (
    r"(?P<key>[^/,\s]*)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
)
_HEADER = re.compile(
    rf"AWS4-HMAC-SHA256\s+Credential={_CREDENTIAL},\s*SignedHeaders=(?P<signed>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_QUERY = re.compile(_CREDENTIAL)
_MOST_SECONDS_OFF = 900
"""How far a request's time may be from this machine's: the most that any service allows."""
_NO_BODY_HASH = re.compile(r"UNSIGNED-PAYLOAD|STREAMING-[A-Z0-9-]+")
"""Values of x-amz-content-sha256 that stand for a body which is not signed as a whole."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came over the wire: `target` is path and query, percent-encoded."""

    method: str
    target: str
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request claims; `lasts` are the seconds that a presigned URL is good for."""

    access_key_id: str
    day: str
    region: str
    service: str
    stamp: str
    token: str | None
    signed: tuple[str, ...]
    value: str
    lasts: int | None = None


def read(headers: CIMultiDictProxy[str], query: Mapping[str, str]) -> Signature | None:
    """The signature of a request, or None where it has none; AwsError where it is not whole."""
    authorizations = headers.getall("Authorization", ())
    presigned = "X-Amz-Credential" in query or "X-Amz-Signature" in query
    if len(authorizations) + presigned > 1:
        raise _incomplete("A request is signed once: by its Authorization header, or by its query.")
    if presigned:
        return _read_query(query)
    return _read_header(authorizations[0], headers) if authorizations else None


def named_service(headers: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """The service that a request names, however badly it is signed; header names in lower case."""
    named = headers.get("authorization") or query.get("X-Amz-Credential", "")
    found = re.search(_CREDENTIAL, named)
    return found["service"] if found else None


def check(signature: Signature, secret: str, message: Message) -> None:
    """Raise `AwsError` unless `message` was signed with `secret`, and not long ago."""
    _check_time(signature)
    path, _, query = message.target.partition("?")
    body = _body_hash(signature, message)
    lines = "".join(f"{name}:{_value(message.headers, name)}\n" for name in signature.signed)
    canonical = "\n".join(
        (
            message.method,
            path if signature.service == "s3" else _canonical_path(path),
            _canonical_query(query),
            lines,
            ";".join(signature.signed),
            body,
        )
    )
    scope = f"{signature.day}/{signature.region}/{signature.service}/aws4_request"
    digest = sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{signature.stamp}\n{scope}\n{digest}"
    key = _key(secret, signature.day, signature.region, signature.service)
    if not hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature.value):
        raise _mismatch(
            "The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details."
        )


def _read_header(authorization: str, headers: CIMultiDictProxy[str]) -> Signature:
    found = _HEADER.fullmatch(authorization.strip())
    if found is None:
        raise _incomplete("The Authorization header is no whole signature of version 4.")
    return Signature(
        found["key"],
        found["day"],
        found["region"],
        found["service"],
        headers.get("X-Amz-Date", ""),
        headers.get("X-Amz-Security-Token"),
        _names(found["signed"]),
        found["signature"],
    )


def _read_query(query: Mapping[str, str]) -> Signature:
    found = _QUERY.fullmatch(query.get("X-Amz-Credential", ""))
    lasts = query.get("X-Amz-Expires", str(_MOST_SECONDS_OFF))
    if found is None or query.get("X-Amz-Algorithm") != "AWS4-HMAC-SHA256" or not lasts.isdecimal():
        raise _incomplete("The query is no whole signature of version 4.")
    return Signature(
        found["key"],
        found["day"],
        found["region"],
        found["service"],
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Security-Token"),
        _names(query.get("X-Amz-SignedHeaders", "")),
        query.get("X-Amz-Signature", ""),
        int(lasts),
    )


def _names(signed: str) -> tuple[str, ...]:
    names = tuple(signed.lower().split(";"))
    if "host" not in names:
        raise _incomplete("'Host' must be a 'SignedHeader' of a request.")
    return names


def _check_time(signature: Signature) -> None:
    if not signature.stamp.startswith(signature.day):
        raise _mismatch("Date in Credential scope does not match YYYYMMDD from X-Amz-Date.")
    age = time.time() - _seconds(signature.stamp)
    if not -_MOST_SECONDS_OFF <= age <= (signature.lasts or _MOST_SECONDS_OFF):
        raise _mismatch(f"Signature expired, or not yet current: {signature.stamp}.")


@lru_cache
def _seconds(stamp: str) -> int:
    try:
        return timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise _incomplete("X-Amz-Date must be a time such as 20260101T120000Z.") from None


def _body_hash(signature: Signature, message: Message) -> str:
    """What the client signed for the body; AwsError where it is not the body that came."""
    given = message.headers.get("X-Amz-Content-Sha256")
    if given is not None and _NO_BODY_HASH.fullmatch(given):
        return given
    if signature.lasts is not None and signature.service == "s3":
        return "UNSIGNED-PAYLOAD"
    found = sha256(message.body).hexdigest()
    if given not in (None, found):
        raise _mismatch("The x-amz-content-sha256 that was sent is not the body's.")
    return found


def _value(headers: CIMultiDictProxy[str], name: str) -> str:
    return ",".join(" ".join(value.split()) for value in headers.getall(name, ()))


@lru_cache
def _canonical_path(path: str) -> str:
    """`path` without empty segments, `.` and `..` (RFC 3986, 5.2.4), encoded once more."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + end, safe="/-_.~")


@lru_cache
def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = (part.partition("=")[::2] for part in query.split("&"))
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


@lru_cache
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteSignatureException", message, 403)


def _mismatch(message: str) -> AwsError:
    return AwsError("InvalidSignatureException", message, 403)
