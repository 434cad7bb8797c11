"""An AWS in memory, one for each engine, with what goes wrong in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from engine.providers import PROVIDERS
from engine.providers.base import Argument, Properties, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.providers.aws import Aws

NAMED = "aws:differential/named:Named"
"""A type whose name AWS takes once: the old one goes before the new one is made."""
LOOSE = "aws:differential/loose:Loose"
"""A type that is made anew before the old one goes, and takes over what exists."""


@dataclass
class Fault:
    """What happens at the first call that begins so."""

    at: str
    kind: str
    """`refuse`: AWS refuses; `partial`: AWS does it and the provider fails; `kill-before` and
    `kill-after`: the deployment is killed around it."""


@dataclass
class World:
    """Things by type and name, and a journal of what was done to them."""

    things: dict[tuple[str, str], Properties] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)
    fault: Fault | None = None
    hit: str = ""
    """The call that the fault came at."""
    kill: Callable[[], None] = lambda: None
    made: dict[str, int] = field(default_factory=dict)
    """How often a thing of that name was made."""

    def begin(self, fault: Fault | None) -> None:
        """Start a deployment."""
        self.fault, self.hit = fault, ""
        self.journal.clear()

    def change(self, what: str, do: Callable[[], None]) -> None:
        """Do it, unless the fault is due."""
        due = self.fault and not self.hit and what.startswith(self.fault.at)
        fault = self.fault if due else None
        if fault:
            self.hit = what
            if fault.kind == "refuse":
                raise refusal("Refused", f"{what} is refused")
            if fault.kind == "kill-before":
                self.kill()
        do()
        self.journal.append(what)
        if fault and fault.kind == "kill-after":
            self.kill()

    def finish(self, what: str) -> None:
        """Fail after `what` was done, where the fault says so."""
        if self.fault and self.fault.kind == "partial" and self.hit == what:
            self.hit += " "
            raise refusal("Unfinished", f"{what} is not finished")


def refusal(code: str, message: str) -> ClientError:
    """Return a refusal of AWS."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


class Worlds:
    """The world that calls go to now: engines run one after the other."""

    def __init__(self) -> None:
        self.now = World()

    @contextlib.contextmanager
    def provided(self) -> Iterator[None]:
        """Offer both types, and no other."""
        before = dict(PROVIDERS)
        PROVIDERS.clear()
        PROVIDERS.update({NAMED: Named(self), LOOSE: Loose(self)})
        try:
            yield
        finally:
            PROVIDERS.clear()
            PROVIDERS.update(before)


class Named(Resource):
    """The provider of NAMED."""

    type = NAMED
    title = "Named Thing"
    arguments = {
        "name": Argument(required=True, replaces=True),
        "fixed": Argument(replaces=True),
        "size": Argument(default=1),
        "label": Argument(),
        "source": Argument(),
        "fixedSource": Argument(replaces=True),
        "note": Argument(computed=True),
    }

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    @property
    def _world(self) -> World:
        return self._worlds.now

    def _create(self, aws: Aws, inputs: Properties) -> str:
        name, world = str(inputs[self.name]), self._world

        def make() -> None:
            if self.type == NAMED and (self.type, name) in world.things:
                raise refusal("AlreadyExists", f"{name} exists already")
            world.made[name] = world.made.get(name, 0) + 1
            note = {"note": "noted", "made": world.made[name]}
            world.things[self.type, name] = {**note, **inputs}

        world.change(f"create {name}", make)
        return name

    def _complete(self, aws: Aws, id_: str, inputs: Properties) -> None:
        self._world.finish(f"create {id_}")

    def _read(self, aws: Aws, id_: str, state: Properties) -> Properties | None:
        held = self._world.things.get((self.type, id_))
        if held is None:
            return None
        plain = {key: value for key, value in held.items() if key != "made"}
        return {**plain, "arn": f"arn:{id_}:{held['made']}"}

    def _update(
        self, aws: Aws, id_: str, changed: frozenset[str], state: Properties, inputs: Properties
    ) -> None:
        held = self._world.things.get((self.type, id_))
        if held is None:
            raise refusal("NotFound", f"{id_} does not exist")
        new = {key: inputs.get(key) for key in sorted(changed)}
        if changed:
            what = f"update {id_} {new}"
            self._world.change(what, lambda: held.update(new))
            self._world.finish(what)

    def _delete(self, aws: Aws, id_: str, state: Properties) -> None:
        def remove() -> None:
            self._world.things.pop((self.type, id_), None)

        self._world.change(f"delete {id_}", remove)


class Loose(Named):
    """The provider of LOOSE."""

    type = LOOSE
    title = "Loose Thing"
    name = "called"
    arguments = {
        **{key: found for key, found in Named.arguments.items() if key != "name"},
        "called": Argument(required=True, replaces=True),
    }


def shown(world: World) -> dict[str, Any]:
    """Return what is there, to compare."""
    return {
        f"{type_.rpartition(':')[2]} {name}": {k: v for k, v in held.items() if v is not None}
        for (type_, name), held in sorted(world.things.items())
    }
