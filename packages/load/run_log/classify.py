"""What one attempt came to. Pure: from a reply to an outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from load.run_log.digests import UNREADABLE, content_digest

if TYPE_CHECKING:
    from service.probes import Probes

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


class Classified(NamedTuple):
    """An outcome, why, and the digest of the result where there is one to compare."""

    outcome: Outcome
    reason: str | None = None
    result_digest: str | None = None

    @property
    def failed(self) -> bool:
        """Whether this counts as an error; a throttle is counted apart."""
        return self.outcome in ("functionError", "transportError", "unanswered")


def classify(reply: Reply, probes: Probes) -> Classified:
    """Return what the reply means; 429 is a throttle, a function error comes with a 200."""
    if reply.overdue:
        return Classified("unanswered", reply.error)
    if reply.status == 0:
        return Classified("transportError", reply.error or "no answer")
    if reply.status == 202:
        return Classified("accepted")
    document = _json(reply.body)
    if reply.status == 429:
        return Classified("throttled", _text(document, "Reason") or "unknown")
    if reply.status != 200:
        message = _text(document, "message") or _text(document, "Message") or ""
        return Classified("transportError", f"HTTP {reply.status} {message}".strip())
    if reply.function_error:
        return Classified("functionError", _text(document, "errorType") or reply.function_error)
    outcome = probes.outcome(document)
    try:
        digest = content_digest(document)
    except UNREADABLE:
        outcome = None
    if outcome is None:
        return Classified("functionError", "UnknownResult")
    return Classified(outcome, probes.reason(document) if outcome == "rejected" else None, digest)


def _text(document: object, key: str) -> str | None:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None


def _json(body: bytes) -> object:
    try:
        return json.loads(body) if body else None
    except UNREADABLE:
        return None
