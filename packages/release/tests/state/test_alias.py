"""The alias's record and its compare-and-swap."""

from __future__ import annotations

import ast
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import release
from release.aws.clock import to_text
from release.commands.promote import promote
from release.errors import AliasChangedError, MovedOnError, UnfinishedError
from release.result import Exit
from release.state import alias
from release.state.alias import Candidate, Record, decode, encode
from release.state.fence import fenced
from release.tests.fakes import OUTPUTS, START, FakeClock, FakeFunctions, Wrapped, release_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from release.stored import StoredAlias

versions = st.integers(1, 10**9).map(str)
candidates = st.builds(
    Candidate,
    versions,
    st.just("2026-03-01T12:00:00.000Z"),
    st.sampled_from([None, "pass", "fail", "inconclusive"]),
    st.none() | st.integers(1, 10**5),
)
records = st.builds(
    Record,
    previous=st.none() | versions,
    commit=st.none() | st.text("0123456789abcdef", min_size=7, max_size=12),
    verdict=st.sampled_from([None, "pass", "forced", "rollback"]),
    reason=st.none() | st.text(min_size=1) | st.text(min_size=150, max_size=300),
    candidate=st.none() | candidates,
    write=st.none() | st.text("0123456789abcdef", min_size=8, max_size=8),
)


@given(records)
def test_a_record_always_fits_and_comes_back(record: Record) -> None:
    """At most 256 characters of JSON, from which only a reason's end may be missing."""
    text = encode(record)
    assert len(text) <= 256
    back = decode(text)
    assert replace(back, reason=None) == replace(record, reason=None)
    assert (record.reason or "").startswith(back.reason or "")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_other_description_is_an_empty_record(text: str) -> None:
    """A description that a person or the deployment wrote stops nothing."""
    assert decode(text) == Record()


@given(
    st.dictionaries(
        st.sampled_from(["previous", "commit", "verdict", "reason", "candidate", "write"]),
        st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.integers()),
    )
)
def test_a_damaged_record_is_read_as_far_as_it_goes(content: dict[str, object]) -> None:
    """Fields of a wrong type count as absent."""
    record = decode(json.dumps(content))
    assert record.previous is None or record.previous == content["previous"]
    assert record.candidate is None


def test_a_stale_revision_writes_nothing() -> None:
    """Somebody else's write in between wins; ours is told."""
    functions = FakeFunctions()
    seen = alias.read(functions)
    functions.touch()
    with pytest.raises(AliasChangedError):
        alias.start_canary(functions, seen, Candidate("2", to_text(START)), 0.1)
    assert functions.writes == 0


def test_a_repeated_write_whose_reply_was_lost_is_recognised() -> None:
    """An SDK's repeat meets the revision that the first try made: that is success."""
    functions = FakeFunctions()
    seen = alias.read(functions)

    class LostReply(Wrapped):
        """Applies the write, then answers as to the repeat of it."""

        def write_alias(
            self, version: str, weights: Mapping[str, float], description: str, revision: str
        ) -> StoredAlias:
            """Write twice with one revision."""
            functions.write_alias(version, weights, description, revision)
            return functions.write_alias(version, weights, description, revision)

    assert alias.start_canary(
        LostReply(functions), seen, Candidate("2", to_text(START)), 0.1
    ).weights == {"2": 0.1}
    assert functions.writes == 1


def test_promotion_is_one_write_of_everything() -> None:
    """Version, weights and the previous version change together."""
    functions = FakeFunctions()
    seen = alias.start_canary(functions, alias.read(functions), Candidate("2", to_text(START)), 0.5)
    live = alias.make_live(functions, seen, "2", Record(previous="1"), FakeClock())
    assert functions.writes == 2
    assert (live.version, live.weights, live.record.previous) == ("2", {}, "1")


def test_a_change_is_done_only_when_no_weight_is_left() -> None:
    """Lambda's own weights are waited for while the version changes."""
    functions = FakeFunctions()
    clock = FakeClock()

    def inject() -> None:
        assert functions.alias is not None
        functions.alias = replace(functions.alias, weights={"1": 0.5})

    def settle() -> None:
        assert functions.alias is not None
        functions.alias = replace(functions.alias, weights={})

    functions.after_write = inject
    clock.on_sleep = settle
    assert alias.make_live(functions, alias.read(functions), "2", Record(), clock).weights == {}
    assert clock.elapsed > 0


def test_two_that_write_the_same_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the same revision, too: the later one was refused, and does not take it for its own."""
    functions = FakeFunctions()
    seen = alias.read(functions)
    for writer, refused in (("one", False), ("one", False), ("other", True)):
        monkeypatch.setattr(alias, "WRITER", writer)
        with pytest.raises(AliasChangedError) if refused else nullcontext():
            alias.record_verdict(functions, seen, "pass")


def test_what_another_moved_on_since_is_told_as_done() -> None:
    """The write was made, and theirs came after it: no conflict, and nothing to do again."""
    functions = FakeFunctions("1", "2", "3")

    def move_on() -> None:
        assert functions.alias is not None
        functions.alias = replace(functions.alias, version="3")

    functions.after_write = move_on
    for store in (functions, fenced(functions)):
        with pytest.raises(MovedOnError, match="moved to version 2, and somebody else"):
            alias.make_live(store, alias.read(store), "2", Record(), FakeClock())


def test_weights_that_stay_are_told() -> None:
    """A change that never settles is no success."""
    functions = FakeFunctions()

    def inject() -> None:
        assert functions.alias is not None
        functions.alias = replace(functions.alias, weights={"1": 0.5})

    functions.after_write = inject
    with pytest.raises(UnfinishedError, match=r"moved to version 2, not confirmed.*weights"):
        alias.make_live(functions, alias.read(functions), "2", Record(), FakeClock())


@pytest.mark.parametrize("round_", range(25))
def test_of_eight_racing_promotions_one_wins(round_: int) -> None:
    """All read the same alias before any writes; one write lands, seven are told."""
    racers = 8
    functions = FakeFunctions(*map(str, range(1, racers + 2)))
    together = threading.Barrier(racers, timeout=10)

    def line_up() -> None:
        together.wait()

    functions.before_write = line_up
    outputs = replace(OUTPUTS, candidate_version=None)

    def race(version: int) -> Exit:
        reason = f"race {round_}"
        return promote(release_of(functions, outputs=outputs), str(version), reason=reason).exit

    with ThreadPoolExecutor(racers) as pool:
        exits = list(pool.map(race, range(2, racers + 2)))
    assert sorted(exits) == [Exit.DONE, *[Exit.FAIL] * (racers - 1)]
    assert functions.writes == 1
    winner = alias.read(functions)
    assert winner.version == str(exits.index(Exit.DONE) + 2)
    assert winner.record.previous == "1"


def test_only_one_module_writes_the_alias() -> None:
    """alias.py calls `write_alias`, which the fence passes on; the adapter calls UpdateAlias."""
    calls: dict[str, set[str]] = {"write_alias": set(), "update_alias": set()}
    package = Path(release.__file__).parent
    for path in (each for each in package.rglob("*.py") if package / "tests" not in each.parents):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in calls:
                calls[node.attr].add(path.stem)
    assert calls == {"write_alias": {"alias", "fence"}, "update_alias": {"lambda_functions"}}
