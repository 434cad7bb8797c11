"""What one resource needs: replacements, moves and kills, in an AWS in memory.

`nox -s engines` and infra/tests/pulumi hold the same against Pulumi's own engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine.differential.compare import Life
from engine.differential.engines import Ours
from engine.differential.programs import GROUP, Item, Program
from engine.differential.world import LOOSE, NAMED, Fault, Worlds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    """Return this engine on an empty AWS."""
    worlds = Worlds()
    with worlds.provided():
        yield Ours(worlds, tmp_path, "dev")


def named(key: str, **inputs: object) -> Item:
    """Return an item whose old resource goes before the new one is made."""
    return Item(key, NAMED, key, inputs={"name": key, **inputs})


def loose(key: str, **inputs: object) -> Item:
    """Return an item whose new resource is made before the old one goes."""
    return Item(key, LOOSE, key, inputs={"called": key, **inputs})


def deployed(ours: Ours, *items: Item, fault: Fault | None = None) -> list[str]:
    """Deploy a program of the items; return what was called of AWS."""
    ours.world.begin(fault)
    outcome = ours.up(Program(list(items)), refreshed=False)
    assert fault or outcome.verdict == "done", outcome.said
    return list(ours.world.journal)


def test_what_cannot_change_goes_before_it_is_made_anew(ours: Ours) -> None:
    """Its name is taken as long as it is there."""
    deployed(ours, named("a", fixed="x"))
    assert deployed(ours, named("a", fixed="y")) == ["delete a", "create a"]


def test_a_new_resource_starts_from_the_program(ours: Ours) -> None:
    """Ignored changes are those of one resource, and not of what is made in its place."""
    before = named("a", fixed="x", size=1)
    deployed(ours, before)
    after = named("a", fixed="y", size=2)
    after.options["ignore_changes"] = ["size"]
    deployed(ours, after)
    assert [thing["size"] for thing in ours.world.things.values()] == [2]


def test_what_needs_no_name_of_its_own_is_made_first(ours: Ours) -> None:
    """The old one goes after everything else."""
    deployed(ours, loose("a", fixed="x"), loose("b"))
    called = loose("a", fixed="x")
    called.inputs["called"] = "other"
    assert deployed(ours, called, loose("b", size=3)) == [
        "create other",
        "update b {'size': 3}",
        "delete a",
    ]


def test_what_cannot_follow_is_made_anew_too(ours: Ours) -> None:
    """Dependants that must be replaced go first; one that can be updated stays."""

    def program(fixed: str) -> list[Item]:
        bound, free = named("bound"), named("free")
        bound.sources, free.sources = {"fixedSource": "a"}, {"source": "a"}
        return [named("a", fixed=fixed), bound, free]

    deployed(ours, *program("x"))
    calls = deployed(ours, *program("y"))
    assert calls[:3] == ["delete bound", "delete a", "create a"]
    assert sorted(calls[3:]) == ["create bound", "update free {'source': 'arn:a:2'}"]


@pytest.mark.parametrize("made", ["a", "b"])
def test_a_failed_replacement_keeps_what_is_there(ours: Ours, made: str) -> None:
    """The next deployment goes on where the failed one stopped."""
    before, after = loose("a"), loose("a")
    after.inputs["called"] = "b"
    deployed(ours, before)
    deployed(ours, after, fault=Fault("create b" if made == "a" else "delete a", "refuse"))
    calls = deployed(ours, after)
    assert calls == (["create b", "delete a"] if made == "a" else ["delete a"])
    assert [name for _, name in ours.world.things] == ["b"]


def test_children_follow_a_parent_that_is_moved(ours: Ours) -> None:
    """The parent's alias is theirs too."""
    child, group = named("child"), Item("group", GROUP, "group")
    child.parent = "group"
    deployed(ours, group, child)
    group.title, group.was = "other", ("group", None)
    assert deployed(ours, group, child) == []


def test_without_an_alias_a_renamed_thing_is_another(ours: Ours) -> None:
    """What is in AWS already is not taken over: the creation is refused."""
    deployed(ours, named("a"))
    renamed = named("a")
    renamed.title = "other"
    outcome = ours.up(Program([renamed]), refreshed=False)
    assert outcome.verdict == "exists"
    assert [name for _, name in ours.world.things] == ["a"]


@pytest.mark.parametrize("kind", ["kill-before", "kill-after"])
@pytest.mark.parametrize("call", ["create b", "update a", "delete c"])
def test_after_a_kill_the_state_says_what_was_begun(ours: Ours, kind: str, call: str) -> None:
    """Recovered, the next deployment ends where the killed one wanted to."""
    deployed(ours, named("a"), named("c"))
    wanted = [named("a", size=5), named("b")]
    deployed(ours, *wanted, fault=Fault(call, kind))
    operation, name = call.split()
    assert ours.pending() == {(operation.removesuffix("e") + "ing", name)}
    ours.forget_pending()
    assert ours.pending() == set()
    deployed(ours, *wanted)
    held = {name: thing["size"] for (_, name), thing in ours.world.things.items()}
    assert held == {"a": 5, "b": 1}


def test_what_was_made_in_place_of_another_is_recovered(ours: Ours) -> None:
    """Deleted, made anew and killed: what is there is the new one."""
    deployed(ours, named("a", fixed="x"))
    deployed(ours, named("a", fixed="y"), fault=Fault("create a", "kill-after"))
    ours.forget_pending()
    assert deployed(ours, named("a", fixed="y")) == []


def test_recovery_takes_over_nothing_that_is_anothers(ours: Ours) -> None:
    """A renamed thing was not made yet: what has its name in AWS is the old one's."""
    deployed(ours, loose("a"))
    renamed = loose("a")
    renamed.title = "other"
    deployed(ours, renamed, fault=Fault("create a", "kill-before"))
    ours.forget_pending()
    assert deployed(ours, renamed)[0] == "create a"


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_a_generated_life_is_the_same_twice(tmp_path: Path, seed: int) -> None:
    """One run leaves nothing to the next in the same process, whatever it met."""
    worlds = Worlds()
    with worlds.provided():
        lived = Life(seed, Ours(worlds, tmp_path, "one"), Ours(worlds, tmp_path, "two"))
        lived.live(12)
    assert lived.counts["programs"] == 1


def test_what_is_protected_stays_with_what_it_needs(ours: Ours) -> None:
    """The rest goes, as with Pulumi, and then it is refused."""
    kept, needed = named("kept"), named("needed")
    kept.options["protect"], kept.depends = True, ["needed"]
    deployed(ours, named("older"), needed, kept, named("newer"))
    ours.world.begin(None)
    assert ours.up(Program([]), refreshed=False).verdict == "protected"
    assert sorted(ours.world.journal) == ["delete newer", "delete older"]


def test_what_is_needed_no_more_goes(ours: Ours) -> None:
    """What stays in between has been deployed without it: as with Pulumi."""
    first, between, kept = named("first"), named("between"), named("kept")
    between.depends, kept.depends, kept.options["protect"] = ["first"], ["between"], True
    deployed(ours, first, between, kept)
    ours.world.begin(None)
    assert ours.up(Program([named("between")]), refreshed=False).verdict == "protected"
    assert ours.world.journal == ["delete first"]


def test_what_is_replaced_may_lose_its_protection_with_it(ours: Ours) -> None:
    """The old one goes, though its record still says that it is protected."""
    before, after = loose("a", fixed="x"), loose("a", fixed="x")
    before.options["protect"] = True
    after.inputs["called"] = "b"
    deployed(ours, before)
    assert deployed(ours, after) == ["create b", "delete a"]


def test_nothing_is_deleted_where_a_dependant_is_protected(ours: Ours) -> None:
    """What cannot be made anew as a whole is not begun."""

    def program(fixed: str) -> list[Item]:
        bound, free = named("bound"), named("free")
        bound.sources = free.sources = {"fixedSource": "a"}
        bound.options["protect"] = True
        return [named("a", fixed=fixed), bound, free]

    deployed(ours, *program("x"))
    ours.world.begin(None)
    assert ours.up(Program(program("y")), refreshed=False).verdict == "protected"
    assert ours.world.journal == []


def test_a_dependant_is_made_anew_for_what_its_program_says_so(ours: Ours) -> None:
    """`replace_on_changes` of the last deployment counts before its own turn comes."""

    def program(fixed: str) -> list[Item]:
        bound = named("bound")
        bound.sources, bound.options["replace_on_changes"] = {"source": "a"}, ["source"]
        return [named("a", fixed=fixed), bound]

    deployed(ours, *program("x"))
    calls = deployed(ours, *program("y"))
    assert calls == ["delete bound", "delete a", "create a", "create bound"]


@pytest.mark.parametrize("first", ["renamed", "another"])
def test_what_is_claimed_twice_is_refused(ours: Ours, first: str) -> None:
    """Once by an alias and once by its name, in either order: which of both it is nobody knows."""
    deployed(ours, named("a"))
    renamed, another = named("b", size=2), named("a")
    renamed.inputs["name"], renamed.was = "a", ("a", None)
    items = [renamed, another] if first == "renamed" else [another, renamed]
    ours.world.begin(None)
    assert ours.up(Program(items), refreshed=False).verdict == "twice"
    assert [name for _, name in ours.world.things] == ["a"]


def test_a_move_that_was_refused_leaves_its_old_name(ours: Ours) -> None:
    """The program that is taken back finds what it had."""
    deployed(ours, named("a", size=1))
    renamed = named("a", size=2)
    renamed.title, renamed.was = "other", ("a", None)
    deployed(ours, renamed, fault=Fault("update a", "kill-before"))
    ours.forget_pending()
    assert deployed(ours, named("a", size=1)) == []


def test_what_was_replaced_is_called_as_what_stands_for_it(ours: Ours) -> None:
    """A comparison names it so, as long as it is to be deleted."""
    deployed(ours, loose("a", fixed="x"))
    renamed = loose("a", fixed="x")
    renamed.title, renamed.was, renamed.inputs["called"] = "other", ("a", None), "b"
    deployed(ours, renamed, fault=Fault("delete a", "refuse"))
    ours.world.things[LOOSE, "a"]["size"] = 77
    assert ours.drift() == {"other"}


def test_a_killed_replacement_deletes_nothing_twice(ours: Ours) -> None:
    """What was to be replaced is still what is there."""
    before, after = loose("a"), loose("a")
    after.inputs["called"] = "b"
    deployed(ours, before)
    deployed(ours, after, fault=Fault("create b", "kill-before"))
    ours.forget_pending()
    assert deployed(ours, after) == ["create b", "delete a"]


def test_children_are_found_after_their_parents_move_failed(ours: Ours) -> None:
    """The parent was moved, the child's turn never came: it is the same afterwards."""
    top, group, child = Item("top", GROUP, "top"), Item("group", GROUP, "group"), named("child")
    child.parent = "group"
    deployed(ours, top, named("first"), group, child)
    group.parent, group.was = "top", ("group", None)
    moved = [top, group, named("first", size=5), child]
    deployed(ours, *moved, fault=Fault("update first", "kill-before"))
    ours.forget_pending()
    group.was = None
    assert deployed(ours, *moved) == ["update first {'size': 5}"]


def test_a_child_is_retained_with_its_parent(ours: Ours) -> None:
    """Unless it says otherwise."""
    parent, child, other = named("parent"), named("child"), named("other")
    parent.options["retain_on_delete"] = True
    child.parent = other.parent = "parent"
    other.options["retain_on_delete"] = False
    deployed(ours, parent, child, other)
    assert deployed(ours) == ["delete other"]
