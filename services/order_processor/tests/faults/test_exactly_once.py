"""What is lost, doubled or wrong, and what is as it must be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from load.run_log.digests import content_digest as digest
from rehearsal.faults.judge import Evidence, judge
from rehearsal.faults.oracle import load
from service import declaration

from services.order_processor.tests.faults.samples import (
    ORDERED,
    OTHER,
    REFUSED,
    answer,
    confirmation,
    item,
    recorded,
)

if TYPE_CHECKING:
    from rehearsal.faults.run_log import Answer

ORACLE = load(declaration.load("order_processor"))
CONFLICT, OUT_OF_RANGE = ORACLE.refusal(valid=True), ORACLE.refusal(valid=False)
CONTENTS = {content.digest: content for content in (ORDERED, OTHER, REFUSED)}
CONFIRMED = answer("confirmed", confirmation())


def rejection(code: str) -> dict[str, object]:
    """Return a rejected delivery's answer with one reason."""
    return {"status": "rejected", "reasons": [{"code": code}]}


@pytest.mark.parametrize(
    ("seen", "fate"),
    [
        (recorded(CONFIRMED, CONFIRMED), "confirmed"),
        (recorded(answer("functionError")), "confirmed"),
        (recorded(answer("accepted")), "confirmed"),
        (recorded(CONFIRMED, answer("rejected", rejection(CONFLICT), OTHER)), "confirmed"),
        (Evidence([answer("accepted")], dlq_messages=[ORDERED.digest]), "deadLettered"),
        (Evidence([answer("functionError"), answer("throttled")]), "errors"),
        (Evidence([answer("rejected", rejection(OUT_OF_RANGE), REFUSED)]), "rejected"),
        (Evidence([answer("accepted", ordered=REFUSED)]), "rejected"),
    ],
)
def test_every_end_that_is_allowed(seen: Evidence, fate: str) -> None:
    """One record, a DLQ message, an error to the caller or a rejection: nothing to complain of."""
    verdict = judge(ORACLE, CONTENTS, seen)
    assert (verdict.fate, verdict.complaints) == (fate, ())


@pytest.mark.parametrize(
    "taken_on",
    [CONFIRMED, answer("accepted")],
)
def test_taken_on_and_nowhere_is_lost(taken_on: Answer) -> None:
    """Neither a confirmation nor a 202 may be forgotten, whatever later attempts came to."""
    verdict = judge(
        ORACLE, CONTENTS, Evidence([answer("functionError"), taken_on, answer("functionError")])
    )
    assert verdict.fate == "lost"
    assert "lost" in {fault for fault, _ in verdict.complaints}


def test_the_dlq_message_of_another_content_does_not_save_an_order() -> None:
    """A DLQ message counts for the content that it carries."""
    seen = Evidence(
        [answer("accepted"), answer("accepted", ordered=OTHER)], dlq_messages=[OTHER.digest]
    )
    assert judge(ORACLE, CONTENTS, seen).fate == "lost"


def test_a_second_write_is_seen_though_the_record_looks_right() -> None:
    """Writes are counted on their way, so that a repeated one cannot hide."""
    seen = recorded(CONFIRMED)
    seen.writes *= 2
    assert [fault for fault, _ in judge(ORACLE, CONTENTS, seen).complaints] == ["doubled"]


def test_an_overwritten_record_is_doubled() -> None:
    """The record has to be the one that was first written, in every attribute."""
    seen = recorded(answer("functionError"))
    seen.item = item(requestId={"S": "another"})
    assert [fault for fault, _ in judge(ORACLE, CONTENTS, seen).complaints] == ["doubled"]


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": {"S": "[]"}},
        {"total": {"S": "0.01"}},
        {"customerId": {"S": "someone"}},
        {"contentDigest": {"S": OTHER.digest}},
    ],
)
def test_a_record_of_something_else_is_wrong(changes: dict[str, dict[str, str]]) -> None:
    """Half an order, another total, another customer, another digest."""
    kept = item() | changes
    seen = Evidence([answer("functionError")], kept, kept["contentDigest"]["S"], [digest(kept)])
    assert {fault for fault, _ in judge(ORACLE, CONTENTS, seen).complaints} == {"wrong"}


@pytest.mark.parametrize(
    "seen",
    [
        recorded(CONFIRMED, answer("confirmed", confirmation(confirmedAt="later"))),
        recorded(answer("confirmed", confirmation(total="0.01"))),
        recorded(CONFIRMED, answer("confirmed", confirmation(OTHER), OTHER)),
        recorded(CONFIRMED, answer("rejected", rejection(CONFLICT))),
        recorded(CONFIRMED, answer("rejected", rejection("LINES_MISSING"), OTHER)),
        recorded(answer("functionError"), ordered=REFUSED),
        replace(recorded(CONFIRMED), dlq_messages=[ORDERED.digest]),
    ],
)
def test_an_answer_that_may_not_be_given_is_wrong(seen: Evidence) -> None:
    """Different from the first, not the record's, to another content; a rejection without cause;
    a record that had to be rejected; a DLQ message of what was never sent asynchronously."""
    assert {fault for fault, _ in judge(ORACLE, CONTENTS, seen).complaints} == {"wrong"}
