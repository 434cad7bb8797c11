"""Generated programs, and the changes that people make to them."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from engine.differential.world import LOOSE, NAMED

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

GROUP = "differential:index:Group"


@dataclass
class Item:
    """One resource of a program; `key` stays whatever it is called."""

    key: str
    type: str
    title: str
    """Its name in the program."""
    parent: str | None = None
    depends: list[str] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    """Arguments that are another item's ARN."""
    options: dict[str, Any] = field(default_factory=dict)
    was: tuple[str, str | None] | None = None
    """Title and parent before, given as an alias."""


@dataclass
class Program:
    """Items in an order in which each comes after what it needs; `count` were ever in it."""

    items: list[Item] = field(default_factory=list)
    count: int = 0
    free: bool = False
    """Each is registered as soon as what it needs is there; otherwise one after the other."""

    def things(self) -> list[Item]:
        """Return the items that are in AWS."""
        return [item for item in self.items if item.type != GROUP]

    def before(self, item: Item) -> list[Item]:
        """Return what an item may need."""
        return self.items[: self.items.index(item)]


class Thing(pulumi.CustomResource):
    """A resource with an ARN."""

    arn: pulumi.Output[str]


def run(program: Program) -> None:
    """Register the items, in their order."""
    made: dict[str, pulumi.Resource] = {}
    for item in program.items:
        needed = [made[key] for key in item.depends]
        last = None if program.free else next(reversed(made.values()), None)
        options = pulumi.ResourceOptions(
            parent=made.get(item.parent or ""),
            depends_on=_after(last, needed) if last else needed,
            aliases=[_alias(item, made)] if item.was else None,
            **item.options,
        )
        if item.type == GROUP:
            made[item.key] = pulumi.ComponentResource(GROUP, item.title, None, options)
            continue
        given: dict[str, Any] = {"arn": None, **item.inputs}
        for argument, key in item.sources.items():
            source = made[key]
            given[argument] = source.arn if isinstance(source, Thing) else None
        thing = Thing(item.type, item.title, given, options)
        made[item.key] = thing
        pulumi.export(item.key, thing.arn)


def _after(
    last: pulumi.Resource, needed: list[pulumi.Resource]
) -> pulumi.Output[list[pulumi.Resource]]:
    """Return what is needed once the last one is there, on which nothing depends by this."""

    async def wait() -> list[pulumi.Resource]:
        await last.urn.future()
        return needed

    known = asyncio.get_event_loop().create_future()
    known.set_result(True)
    return pulumi.Output(set(), asyncio.ensure_future(wait()), known)


def _alias(item: Item, made: dict[str, pulumi.Resource]) -> pulumi.Alias:
    title, parent = item.was or ("", None)
    return pulumi.Alias(name=title, parent=made[parent] if parent else pulumi.ROOT_STACK_RESOURCE)


def generated(rng: random.Random) -> Program:
    """Return a program of 3 to 7 resources."""
    program = Program()
    for _ in range(rng.randint(3, 7)):
        _add(rng, program)
    return program


def _add(rng: random.Random, program: Program) -> str:
    key = f"r{program.count}"
    program.count += 1
    type_ = rng.choices([NAMED, LOOSE, GROUP], [5, 3, 2])[0]
    item = Item(key, type_, f"{key}-title")
    before = [found.key for found in program.items]
    if before and rng.random() < 0.4:
        item.parent = rng.choice([*before])
    things = [found.key for found in program.things()]
    # A group would stand for its children, which may need this very item.
    item.depends = rng.sample(things, min(len(things), rng.choice([0, 0, 1, 2])))
    if type_ != GROUP:
        item.inputs = {"name" if type_ == NAMED else "called": f"{key}-name"}
        item.inputs |= {"size": rng.randint(1, 9)} if rng.random() < 0.6 else {}
        item.inputs |= {"label": rng.choice("abc")} if rng.random() < 0.4 else {}
        item.inputs |= {"fixed": rng.choice("xyz")} if rng.random() < 0.3 else {}
        if things and rng.random() < 0.5:
            item.sources = {rng.choice(["source", "source", "fixedSource"]): rng.choice(things)}
        if rng.random() < 0.15:
            item.options["retain_on_delete"] = True
        if rng.random() < 0.15:
            item.options["protect"] = True
        if rng.random() < 0.15:
            item.options["ignore_changes"] = [rng.choice(["size", "label"])]
    program.items.append(item)
    return f"add {key}"


def _change(rng: random.Random, program: Program) -> str:
    item = rng.choice(program.things() or [Item("", "", "")])
    argument = rng.choice(["size", "label", "size", "label", "fixed"])
    value = rng.randint(1, 9) if argument == "size" else rng.choice("abcxyz")
    if rng.random() < 0.2:
        item.inputs.pop(argument, None)
        return f"leave out {argument} of {item.key}"
    item.inputs[argument] = value
    return f"{argument} of {item.key} is {value}"


def _rename_in_aws(rng: random.Random, program: Program) -> str:
    things = program.things()
    if not things:
        return "nothing"
    item = rng.choice(things)
    argument = "name" if item.type == NAMED else "called"
    item.inputs[argument] += "-n"
    return f"{item.key} is called otherwise in AWS"


def _remove(rng: random.Random, program: Program) -> str:
    needed = {
        key
        for item in program.items
        for key in (item.parent, *item.depends, *item.sources.values())
        if key
    }
    free = [item for item in program.items if item.key not in needed]
    item = rng.choice(free)
    program.items.remove(item)
    return f"remove {item.key}"


def _retitle(rng: random.Random, program: Program) -> str:
    item = rng.choice(program.items)
    before = (item.title, item.parent)
    item.title += "-t"
    if rng.random() < 0.7:
        item.was = before
        return f"retitle {item.key} with an alias"
    return f"retitle {item.key}"


def _move(rng: random.Random, program: Program) -> str:
    item = rng.choice(program.items)
    before = (item.title, item.parent)
    above = [found.key for found in program.before(item)]
    item.parent = rng.choice([None, *above])
    if item.parent == before[1]:
        return "nothing"
    if rng.random() < 0.7:
        item.was = before
        return f"move {item.key} to {item.parent} with an alias"
    return f"move {item.key} to {item.parent}"


def _option(rng: random.Random, program: Program) -> str:
    things = program.things()
    if not things:
        return "nothing"
    item, option = rng.choice(things), rng.choice(list(_OPTIONS))
    if option in item.options:
        del item.options[option]
        return f"{item.key} without {option}"
    item.options[option] = _OPTIONS[option](rng)
    return f"{item.key} with {option} {item.options[option]}"


_OPTIONS: dict[str, Callable[[random.Random], Any]] = {
    "protect": lambda _: True,
    "retain_on_delete": lambda _: True,
    "ignore_changes": lambda rng: [rng.choice(["size", "label"])],
    "replace_on_changes": lambda rng: [rng.choice(["size", "label"])],
    "delete_before_replace": lambda rng: rng.random() < 0.5,
}


def _rewire(rng: random.Random, program: Program) -> str:
    item = rng.choice(program.items)
    things = [found.key for found in program.before(item) if found.type != GROUP]
    item.depends = rng.sample(things, min(len(things), rng.choice([0, 1])))
    if item.type != GROUP:
        item.sources = {}
        if things and rng.random() < 0.7:
            item.sources = {rng.choice(["source", "fixedSource"]): rng.choice(things)}
    return f"{item.key} depends on {item.depends} and {item.sources}"


CHANGES: dict[Callable[[random.Random, Program], str], int] = {
    _add: 3,
    _change: 8,
    _rename_in_aws: 2,
    _remove: 3,
    _retitle: 2,
    _move: 2,
    _option: 4,
    _rewire: 2,
}


def changed(rng: random.Random, program: Program) -> tuple[Program, list[str]]:
    """Return the program after one to three changes, and what they were."""
    new = copy.deepcopy(program)
    for item in new.items:
        item.was = None
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()), k=rng.choice([1, 1, 2, 3]))
    said = [change(rng, new) for change in chosen if new.items]
    return new, said
