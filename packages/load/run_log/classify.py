"""What one attempt came to. Pure: from a reply to an outcome."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple, TypeGuard

from load.send.events import content_digest

Outcome = Literal[
    "confirmed",
    "rejected",
    "accepted",
    "throttled",
    "functionError",
    "transportError",
    "unanswered",
]


class Reply(NamedTuple):
    """What came back: `status` is 0 and `error` says why when nothing (whole) did.

    `overdue` when the wait for it was given up: it may have been done all the same.
    """

    status: int
    body: bytes = b""
    function_error: str | None = None
    executed_version: str | None = None
    request_id: str | None = None
    error: str | None = None
    overdue: bool = False


class Judged(NamedTuple):
    """An outcome, why, and the digest of the result where there is one to compare."""

    outcome: Outcome
    reason: str | None = None
    result_digest: str | None = None

    @property
    def failed(self) -> bool:
        """Whether this counts as an error; a throttle is counted apart."""
        return self.outcome in ("functionError", "transportError", "unanswered")


def judge(reply: Reply) -> Judged:
    """Return what the reply means; 429 is a throttle, a function error comes with a 200."""
    if reply.overdue:
        return Judged("unanswered", reply.error)
    if reply.status == 0:
        return Judged("transportError", reply.error or "no answer")
    document = _json(reply.body)
    if reply.status == 429:
        return Judged("throttled", _text(document, "Reason") or "unknown")
    if reply.status == 202:
        return Judged("accepted")
    if reply.status != 200:
        message = _text(document, "message") or _text(document, "Message") or ""
        return Judged("transportError", f"HTTP {reply.status} {message}".strip())
    if reply.function_error:
        return Judged("functionError", _text(document, "errorType") or reply.function_error)
    return _result(document)


def _result(document: object) -> Judged:
    status = _text(document, "status")
    if status == "confirmed":
        return Judged("confirmed", None, content_digest(document))
    if status == "rejected" and _is_object(document):
        codes = ",".join(str(_text(reason, "code")) for reason in document.get("reasons", []))
        return Judged("rejected", codes, content_digest(document))
    return Judged("functionError", "UnknownResult")


def _is_object(document: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(document, dict)


def _text(document: object, key: str) -> str | None:
    value = document.get(key) if _is_object(document) else None
    return value if isinstance(value, str) else None


def _json(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
