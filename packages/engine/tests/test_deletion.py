"""The order of deletions, and what is kept for the sake of something protected."""

from __future__ import annotations

from dataclasses import replace

from engine.deletion import Graph
from engine.state import Kept, Record
from hypothesis import given
from hypothesis import strategies as st

EMPTY = Record("t", "n", custom=True, inputs={})


def kept(urn: str, *needs: str, replaced: bool = False) -> Kept:
    """Return an entry of a state that needs others."""
    return Kept(urn, replace(EMPTY, dependencies=list(needs), replaced=replaced))


def test_each_level_waits_for_the_one_before() -> None:
    """What needs nothing goes last, though nothing needs it: as Pulumi's engine has it."""
    base = [kept("a"), kept("b", "a"), kept("alone"), kept("c", "b")]
    levels = [[k.urn for k in level] for level in Graph(base).levels(base)]
    assert levels == [["c"], ["b"], ["alone", "a"]]


@given(st.lists(st.lists(st.integers(0, 19), max_size=4), max_size=20), st.data())
def test_nothing_is_deleted_before_what_needs_it(
    links: list[list[int]], data: st.DataObject
) -> None:
    """For any graph without cycles and any choice of what is to go; all of it goes."""
    base = [kept(str(i), *(str(n) for n in needs if n < i)) for i, needs in enumerate(links)]
    doomed = [entry for entry in base if data.draw(st.booleans())]
    order = [k.urn for level in Graph(base).levels(doomed) for k in level]
    assert sorted(order) == sorted(k.urn for k in doomed)
    for entry in doomed:
        for needed in {*entry.record.dependencies} & {*order}:
            assert order.index(entry.urn) < order.index(needed)


def test_what_is_needed_is_found_at_further_hand() -> None:
    """Through what stays as well; of two with one URN a new one needs the new one."""
    old, new = kept("a", replaced=True), kept("a")
    other, between, asked = kept("other"), kept("between", "a", "other"), kept("asked", "between")
    found = Graph([old, new, other, between, asked, kept("later", "asked")]).needed(asked)
    assert found == {between, new, other}
