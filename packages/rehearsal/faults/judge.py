"""What became of each event: pure decisions over what was sent, answered, written and found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from load.run_log.digests import content_digest as digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.faults.oracle import Content, Oracle
    from rehearsal.faults.run_log import Answer

Fate = Literal["confirmed", "rejected", "deadLettered", "errors", "lost"]
Fault = Literal["lost", "doubled", "wrong"]


@dataclass(frozen=True, slots=True)
class Expected:
    """One content that was sent under an event's id, with what the contract makes of it."""

    digest: str
    event: Mapping[str, Any]
    valid: bool


@dataclass(slots=True)
class Evidence:
    """All that was seen of one event's id.

    `item` is the record in DynamoDB's JSON, `kept` its content's digest, `writes` the digests of
    the items that the table confirmed, `dlq_messages` the content digests of the DLQ messages.
    """

    answers: list[Answer] = field(default_factory=list)
    item: Mapping[str, Any] | None = None
    kept: str | None = None
    writes: list[str] = field(default_factory=list)
    dlq_messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An event's end, and what is not as it must be: kind and sentence."""

    fate: Fate
    complaints: tuple[tuple[Fault, str], ...]


def expect(content: Content, started_at: float) -> Expected:
    """Return what a content has to become in a run that started at `started_at`."""
    event = content.event(started_at)
    return Expected(digest(event), event, content.valid)


def judge(oracle: Oracle, contents: Mapping[str, Expected], seen: Evidence) -> Verdict:
    """Judge one id; `contents` are what was sent under it, by digest.

    Lost: taken on (confirmed, or accepted with 202) and neither recorded nor dead-lettered.
    Doubled: written more than once, or the record is not the one first written. Wrong: a record,
    answer or DLQ message that is not what was sent, and an answer that differs from the first.
    """
    complaints: list[tuple[Fault, str]] = []
    complaints += [("lost", text) for text in _lost(contents, seen)]
    complaints += [("doubled", text) for text in _doubled(seen)]
    complaints += [("wrong", text) for text in _wrong_record(oracle, contents, seen)]
    complaints += [("wrong", text) for text in _wrong_answers(oracle, contents, seen)]
    return Verdict(_fate(seen, complaints), tuple(complaints))


def _fate(seen: Evidence, complaints: list[tuple[Fault, str]]) -> Fate:
    if any(fault == "lost" for fault, _ in complaints):
        return "lost"
    if seen.item is not None:
        return "confirmed"
    if seen.dlq_messages:
        return "deadLettered"
    if any(answer.outcome == "rejected" for answer in seen.answers):
        return "rejected"
    accepted = any(answer.outcome == "accepted" for answer in seen.answers)
    return "rejected" if accepted else "errors"


def _lost(contents: Mapping[str, Expected], seen: Evidence) -> list[str]:
    if seen.kept is not None:
        # Whatever else was accepted under this id is a repetition or a conflict, and answered so.
        return []
    texts = []
    for answer in seen.answers:
        if answer.outcome == "confirmed":
            texts.append("was confirmed and is not recorded")
        if (
            answer.outcome == "accepted"
            and contents[answer.digest].valid
            and answer.digest not in seen.dlq_messages
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


def _wrong_record(oracle: Oracle, contents: Mapping[str, Expected], seen: Evidence) -> list[str]:
    if seen.item is None:
        return []
    expected = contents.get(digest(oracle.recorded(seen.item)))
    if expected is None or seen.kept != expected.digest:
        return ["is recorded with a content that was not sent under its id"]
    if not expected.valid:
        return ["is recorded and had to be rejected"]
    found = oracle.objections(expected.event, seen.item)
    return [f"is recorded with {objection}" for objection in found]


def _wrong_answers(oracle: Oracle, contents: Mapping[str, Expected], seen: Evidence) -> list[str]:
    texts = []
    confirmed = [a for a in seen.answers if a.outcome == "confirmed"]
    if any(answer.body != confirmed[0].body for answer in confirmed):
        texts.append("was confirmed with two different answers")
    given = [(contents[each.digest], each.body) for each in confirmed]
    if any(body != oracle.answer(of.event, of.digest, seen.item) for of, body in given):
        texts.append("was confirmed with an answer that is not its record's")
    for answer in seen.answers:
        if answer.outcome == "rejected":
            texts += _wrong_rejection(oracle, answer, contents[answer.digest], seen.kept)
    sent = {answer.digest for answer in seen.answers if answer.mode == "async"}
    if not set(seen.dlq_messages) <= sent:
        texts.append("is dead-lettered with a content that was not sent asynchronously")
    return sorted(set(texts))


def _wrong_rejection(
    oracle: Oracle, answer: Answer, expected: Expected, kept: str | None
) -> list[str]:
    reason = answer.reason
    if expected.valid and kept in (None, expected.digest):
        return [f"is valid and was rejected ({reason})"]
    allowed = oracle.refusal(valid=expected.valid)
    return [] if reason == allowed else [f"was rejected with {reason} instead of {allowed}"]
