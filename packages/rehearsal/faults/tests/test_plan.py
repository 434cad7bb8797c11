"""The plan: which event meets which fault, repeatable by its seed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from console.checkout import ROOT
from console.errors import UsageError
from hypothesis import given, settings
from hypothesis import strategies as st
from load.run_log.digests import content_digest as digest
from service import declaration, probes

from rehearsal.faults.kinds import KINDS
from rehearsal.faults.oracle import load
from rehearsal.faults.plan import plan

SERVICE = declaration.chosen()
ORACLE, event_id = load(SERVICE), probes.load(SERVICE).event_id
SEEDS = st.integers(0, 2**32)
_PRINT = (
    "from rehearsal.faults.kinds import KINDS; from rehearsal.faults.plan import plan;"
    "from rehearsal.faults.tests.test_plan import ORACLE;"
    "from load.run_log.digests import content_digest;"
    "print(content_digest(repr(plan(ORACLE, KINDS, 200, 7))))"
)


def test_a_seed_gives_one_plan_in_every_process() -> None:
    """A replay meets the same faults: nothing hangs on hashes, time or what ran before."""
    command = [sys.executable, "-c", _PRINT]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert printed.stdout.strip() == digest(repr(plan(ORACLE, KINDS, 200, 7)))
    assert plan(ORACLE, KINDS, 200, 7) != plan(ORACLE, KINDS, 200, 8)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.sampled_from(sorted(KINDS)))
def test_one_kind_alone_is_planned_as_in_the_whole_run(seed: int, kind: str) -> None:
    """So that a failure of one kind is replayed without the other events."""
    whole = plan(ORACLE, KINDS, 100, seed)
    assert plan(ORACLE, KINDS, 100, seed, kind) == [unit for unit in whole if unit[0].kind == kind]


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(len(KINDS), 500))
def test_every_kind_has_its_share(seed: int, events: int) -> None:
    """As many events as asked for, each id once, no kind left out."""
    planned = [event for unit in plan(ORACLE, KINDS, events, seed) for event in unit]
    assert len({event.event_id for event in planned}) == len(planned) == events
    assert {event.kind for event in planned} == set(KINDS)


@settings(max_examples=5, deadline=None)
@given(SEEDS)
def test_every_content_fits_the_contract(seed: int) -> None:
    """An id of at most 64 characters, and contents of one id that differ."""
    for unit in plan(ORACLE, KINDS, 300, seed):
        for event in unit:
            made = [content.event(0.0) for content in event.recipe.contents]
            assert {event_id(each) for each in made} == {event.event_id}
            assert len(event.event_id) <= 64
            assert len({digest(each) for each in made}) == len(made)


def test_there_are_kinds_enough() -> None:
    """A dozen kinds of fault at least, kills before, during and after the write among them."""
    assert len(KINDS) >= 12
    assert {"kill-before-write", "kill-during-write", "kill-after-write"} <= set(KINDS)


def test_too_few_events_are_refused() -> None:
    """One sentence, with the number that is needed."""
    with pytest.raises(UsageError, match=str(len(KINDS))):
        plan(ORACLE, KINDS, len(KINDS) - 1, 1)
