"""When a claim is proved, and what speaks against it."""

from __future__ import annotations

import pytest

from rehearsal.drills.tests.sample import events, row


def test_a_fault_seen_and_mended_with_every_event_accounted_for_proves_the_claim() -> None:
    """Nothing speaks against it, and nothing is lost."""
    assert row().proved
    assert row().lost == 0


@pytest.mark.parametrize("end", ["lost", "unverified", "duplicated", "deadLettered", "rejected"])
def test_an_end_that_no_event_may_have_disproves_the_claim(end: str) -> None:
    """One event is enough, and the reason names its end."""
    found = row(counts=events(**{end: 1}))
    assert not found.proved
    assert found.objection == f"Events {end}: 1."


def test_a_drill_may_allow_an_end() -> None:
    """Where the fault may leave DLQ messages, they are no objection; a lost event always is."""
    allowed = frozenset({"confirmed", "deadLettered"})
    assert row(counts=events(deadLettered=3), ends=allowed).proved
    assert not row(counts=events(lost=1), ends=allowed).proved


@pytest.mark.parametrize(
    ("outcome", "objection"),
    [
        (row(observation=None), "The drill saw nothing."),
        (row(observation=None, why="not seen within 30 s: an alarm"), "not seen within 30 s"),
        (row(counts=None), "The events were not reconciled."),
        (row(counts=events(sent=0, confirmed=0)), "No event was sent."),
    ],
)
def test_what_was_not_reached_proves_nothing(outcome: object, objection: str) -> None:
    """A drill that saw no fault, or could not count the events, is red and says why."""
    assert not outcome.proved  # type: ignore[attr-defined]
    assert outcome.objection.startswith(objection)  # type: ignore[attr-defined]


def test_an_event_whose_end_could_not_be_seen_counts_as_lost() -> None:
    """Unknown is not zero."""
    assert row(counts=events(lost=1, unverified=2)).lost == 3
    assert row(counts=None).lost is None
