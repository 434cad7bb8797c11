"""What became of each order: pure decisions over what was sent, answered, written and found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rehearsal.faults.orders import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.faults.ledger import Answer
    from rehearsal.faults.orders import Content

Fate = Literal["confirmed", "rejected", "deadLettered", "errors", "lost"]
Fault = Literal["lost", "doubled", "wrong"]
CONFLICT = "ORDER_ID_CONFLICT"
OUT_OF_RANGE = "PLACED_AT_OUT_OF_RANGE"


@dataclass(frozen=True, slots=True)
class Expected:
    """One content that was sent under an order id, with what the contract makes of it."""

    digest: str
    event: Mapping[str, Any]
    total: str
    valid: bool


@dataclass(slots=True)
class Evidence:
    """All that was seen of one order id.

    `item` is the record in DynamoDB's JSON, `writes` the digests of the items that the table
    confirmed, `letters` the content digests of the dead letters.
    """

    answers: list[Answer] = field(default_factory=list)
    item: Mapping[str, Any] | None = None
    writes: list[str] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An order's end, and what is not as it must be: kind and sentence."""

    fate: Fate
    complaints: tuple[tuple[Fault, str], ...]


def expect(content: Content, started_at: float) -> Expected:
    """Return what a content has to become in a run that started at `started_at`."""
    event = content.event(started_at)
    return Expected(digest(event), event, content.total, content.valid)


def judge(contents: Mapping[str, Expected], seen: Evidence) -> Verdict:
    """Judge one order id; `contents` are what was sent under it, by digest.

    Lost: taken on (confirmed, or accepted with 202) and neither recorded nor dead-lettered.
    Doubled: written more than once, or the record is not the one first written. Wrong: a record,
    answer or dead letter that is not what was ordered, and an answer that differs from the first.
    """
    complaints: list[tuple[Fault, str]] = []
    kept = seen.item["contentDigest"]["S"] if seen.item else None
    complaints += [("lost", text) for text in _lost(contents, seen, kept)]
    complaints += [("doubled", text) for text in _doubled(seen)]
    complaints += [("wrong", text) for text in _wrong_record(contents, seen)]
    complaints += [("wrong", text) for text in _wrong_answers(contents, seen, kept)]
    return Verdict(_fate(seen, complaints), tuple(complaints))


def _fate(seen: Evidence, complaints: list[tuple[Fault, str]]) -> Fate:
    if any(fault == "lost" for fault, _ in complaints):
        return "lost"
    if seen.item is not None:
        return "confirmed"
    if seen.letters:
        return "deadLettered"
    if any(answer.outcome == "rejected" for answer in seen.answers):
        return "rejected"
    accepted = any(answer.outcome == "accepted" for answer in seen.answers)
    return "rejected" if accepted else "errors"


def _lost(contents: Mapping[str, Expected], seen: Evidence, kept: str | None) -> list[str]:
    if kept is not None:
        # Whatever else was accepted under this id is a repetition or a conflict, and answered so.
        return []
    texts = []
    for answer in seen.answers:
        if answer.outcome == "confirmed":
            texts.append("was confirmed and is not recorded")
        if (
            answer.outcome == "accepted"
            and contents[answer.digest].valid
            and answer.digest not in seen.letters
        ):
            texts.append("was accepted and is neither recorded nor dead-lettered")
    return texts[:1]


def _doubled(seen: Evidence) -> list[str]:
    texts = []
    if len(seen.writes) > 1:
        texts.append(f"was written {len(seen.writes)} times")
    if seen.item is not None and seen.writes and digest(seen.item) != seen.writes[0]:
        texts.append("is recorded otherwise than it was first written")
    if seen.item is not None and not seen.writes:
        texts.append("is recorded without a write that passed the proxy")
    return texts


def _wrong_record(contents: Mapping[str, Expected], seen: Evidence) -> list[str]:
    item = seen.item
    if item is None:
        return []
    expected = contents.get(digest(_event_of(item)))
    if expected is None or item["contentDigest"]["S"] != expected.digest:
        return ["is recorded with a content that was not sent under its id"]
    if not expected.valid:
        return ["is recorded and had to be rejected"]
    if item["total"]["S"] != expected.total:
        return [f"is recorded with the total {item['total']['S']} instead of {expected.total}"]
    return []


def _event_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Rebuild the event from its record: a record that lacks a part gives another event."""
    names = ("orderId", "customerId", "currency", "placedAt")
    event = {name: item.get(name, {}).get("S") for name in names}
    return event | {"lines": json.loads(item.get("lines", {}).get("S", "null"))}


def _wrong_answers(contents: Mapping[str, Expected], seen: Evidence, kept: str | None) -> list[str]:
    texts = []
    confirmed = [a for a in seen.answers if a.outcome == "confirmed"]
    if any(answer.body != confirmed[0].body for answer in confirmed):
        texts.append("was confirmed with two different answers")
    if any(a.body != _answer_of(contents[a.digest], seen.item) for a in confirmed):
        texts.append("was confirmed with an answer that is not its record's")
    for answer in seen.answers:
        if answer.outcome == "rejected":
            texts += _wrong_rejection(answer, contents[answer.digest], kept)
    sent = {answer.digest for answer in seen.answers if answer.mode == "async"}
    if not set(seen.letters) <= sent:
        texts.append("is dead-lettered with a content that was not sent asynchronously")
    return sorted(set(texts))


def _answer_of(expected: Expected, item: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the one answer that may be given to a content."""
    return {
        "status": "confirmed",
        "orderId": expected.event["orderId"],
        "currency": expected.event["currency"],
        "total": expected.total,
        "lineCount": len(expected.event["lines"]),
        "confirmedAt": item["confirmedAt"]["S"] if item else None,
        "contentDigest": expected.digest,
    }


def _wrong_rejection(answer: Answer, expected: Expected, kept: str | None) -> list[str]:
    codes = {reason["code"] for reason in (answer.body or {}).get("reasons", [])}
    if not expected.valid:
        allowed = {OUT_OF_RANGE}
    elif kept not in (None, expected.digest):
        allowed = {CONFLICT}
    else:
        return [f"is valid and was rejected ({', '.join(sorted(codes))})"]
    if codes != allowed:
        return [f"was rejected with {sorted(codes)} instead of {sorted(allowed)}"]
    return []
