"""One generated life of a stack through both engines, compared step by step."""

from __future__ import annotations

import contextlib
import copy
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.differential import programs
from engine.differential.differences import differences
from engine.differential.engines import Engine, Ours, Outcome
from engine.differential.real import Real
from engine.differential.world import LOOSE, NAMED, Fault, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from engine.differential.programs import Program
    from engine.differential.world import World, Worlds


class DisagreementError(AssertionError):
    """The engines did different things."""


@dataclass
class Life:
    """One stack in both engines; `counts` are what agreed."""

    seed: int
    ours: Ours
    real: Engine
    counts: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    @property
    def _both(self) -> tuple[Engine, Engine]:
        return self.ours, self.real

    @property
    def _worlds(self) -> tuple[World, World]:
        return self.ours.world, self.real.world

    def live(self, steps: int) -> None:
        """Deploy a program, change it `steps` times, delete it. Raises DisagreementError."""
        rng = random.Random(self.seed)  # noqa: S311  to be repeated
        program = programs.generated(rng)
        self.told.append(f"program {[item.key for item in program.items]}")
        # Once with all that can be done at the same time; from then on one after the other, so that
        # what fails or is killed does so at one point in both.
        self._deploy(replace(program, free=True), refreshed=False)
        self._deploy(program, refreshed=False)
        self.counts["programs"] += 1
        for _ in range(steps):
            program = self._step(rng, program)
        self._end(program)

    def _step(self, rng: random.Random, program: Program) -> Program:
        new, said = programs.changed(rng, program)
        self.told.append("; ".join(said))
        happening = rng.choices(["plain", "preview", "hand", "fault", "kill"], [5, 2, 3, 2, 3])[0]
        if happening == "preview":
            self._preview(new, refreshed=rng.random() < 0.5)
        if happening == "hand":
            self._by_hand(rng)
        refreshed = happening == "hand" or rng.random() < 0.3
        fault = self._fault(rng, new, happening, refreshed=refreshed)
        if fault:
            self._suffer(new, fault, refreshed=refreshed)
        done = self._deploy(new, refreshed=refreshed)
        self.counts["kills" if fault and "kill" in fault.kind else "changes"] += 1
        # What was refused is taken back: the next change starts from what is deployed.
        return new if done else program

    def _deploy(self, program: Program, *, refreshed: bool, fault: Fault | None = None) -> bool:
        """Deploy in both; hold that they did the same. Return whether it was done."""
        real = self._up(self.real, program, fault, refreshed=refreshed)
        self.ours.follows = [*self.real.world.journal, self.real.world.hit]
        outcomes = [self._up(self.ours, program, fault, refreshed=refreshed), real]
        self.ours.follows = []
        self._same("verdict", (outcome.verdict for outcome in outcomes), outcomes)
        self._same("call", (world.hit for world in self._worlds), outcomes)
        calls = (world.journal for world in self._worlds)
        self._same("calls", map(sorted, calls) if program.free else calls, outcomes)
        self._same_aws(outcomes)
        if outcomes[0].verdict != "done":
            return False
        self._same("outputs", (outcome.outputs for outcome in outcomes), outcomes)
        for engine in self._both:
            self._ordered(engine, program)
        return True

    @staticmethod
    def _up(engine: Engine, program: Program, fault: Fault | None, *, refreshed: bool) -> Outcome:
        engine.world.begin(fault)
        return engine.up(program, refreshed=refreshed)

    def _preview(self, program: Program, *, refreshed: bool) -> None:
        outcomes = [e.preview(program, refreshed=refreshed) for e in self._both]
        self._same("verdict of the preview", (o.verdict for o in outcomes), outcomes)
        if outcomes[0].verdict == "done":
            self._same("preview", (_settled(o.planned) for o in outcomes), outcomes)
        self.counts["previews"] += 1

    def _by_hand(self, rng: random.Random) -> None:
        """Change or delete something in AWS; both must name it."""
        names = sorted(self.ours.world.things)
        if not names:
            return
        chosen, gone = rng.choice(names), rng.random() < 0.3
        self.told.append(f"{chosen[1]} is {'deleted' if gone else 'changed'} by hand")
        for engine in self._both:
            if gone:
                del engine.world.things[chosen]
            else:
                engine.world.things[chosen] |= {"size": 77, "label": "hand"}
        self._same("drift", (engine.drift() for engine in self._both))
        self.counts["hands"] += 1

    def _fault(
        self, rng: random.Random, program: Program, happening: str, *, refreshed: bool
    ) -> Fault | None:
        """Choose a call of the deployment that is to come, which ours does in a copy first."""
        if happening not in ("fault", "kill"):
            return None
        world, state = copy.deepcopy(self.ours.world.things), self.ours.keep()
        made = dict(self.ours.world.made)
        self._up(self.ours, program, None, refreshed=refreshed)
        journal = list(self.ours.world.journal)
        self.ours.restore(state)
        self.ours.world.things, self.ours.world.made = world, made
        kinds = {"fault": ["refuse", "partial"], "kill": ["kill-before", "kill-after"]}
        if not journal:
            return None
        call, kind = rng.choice(journal), rng.choice(kinds[happening])
        if kind == "partial" and call.startswith("delete"):
            kind = "refuse"
        return Fault(call, kind)

    def _suffer(self, program: Program, fault: Fault, *, refreshed: bool) -> None:
        """Let it happen in both; bring both to where they can go on."""
        self.told.append(f"{fault.kind} at '{fault.at}'")
        self._deploy(program, refreshed=refreshed, fault=fault)
        if "kill" not in fault.kind:
            self.counts["refusals"] += 1
            return
        self._same("what is left open", (engine.pending() for engine in self._both))
        operation, _, name = fault.at.partition(" ")
        if fault.kind == "kill-after" and operation == "create":
            for engine in self._both:
                for type_ in (NAMED, LOOSE):
                    engine.world.things.pop((type_, name), None)
            self.counts["made, not recorded"] += 1
        for engine in self._both:
            engine.world.begin(None)
            engine.forget_pending()
        self._same("what is left open after", (engine.pending() for engine in self._both))

    def _end(self, program: Program) -> None:
        """Delete everything but what is protected; then take all protection away and the rest."""
        self._destroy()
        for item in program.items:
            item.options.pop("protect", None)
            item.was = None
        self._deploy(program, refreshed=True)
        self._destroy()

    def _destroy(self) -> None:
        self.told.append("destroyed")
        outcomes = []
        for engine in self._both:
            engine.world.begin(None)
            outcomes.append(engine.destroy())
        self._same("verdict of the end", (o.verdict for o in outcomes), outcomes)
        self._same("calls", (sorted(world.journal) for world in self._worlds), outcomes)
        self._same_aws(outcomes)

    def _ordered(self, engine: Engine, program: Program) -> None:
        """Hold that nothing was made before what it needs."""
        journal = engine.world.journal
        names = {
            item.key: item.inputs.get("name") or item.inputs.get("called")
            for item in program.things()
        }
        for item in program.things():
            for needed in {*item.depends, *item.sources.values()} & names.keys():
                first, second = f"create {names[needed]}", f"create {names[item.key]}"
                if first in journal and second in journal:
                    early = journal.index(first) < journal.index(second)
                    self._same("order", (early, True), journal)

    def _same_aws(self, context: Any) -> None:
        ours, real = (shown(world) for world in self._worlds)
        self._same("AWS", (differences(ours, real), []), context)

    def _same(self, what: str, found: Iterable[Any], context: Any = None) -> None:
        """Raise DisagreementError unless ours and the real one's are equal."""
        ours, real = found
        if ours != real:
            told = "\n  ".join(self.told)
            raise DisagreementError(
                f"seed {self.seed}, {what}:\nours {ours}\nreal {real}\n  {told}\n{context}"
            )


def _settled(planned: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Steps by resource: one that is replaced is not also created and deleted."""
    replaced = {name for operation, name in planned if operation == "replace"}
    return {(operation, name) for operation, name in planned if name not in replaced} | {
        ("replace", name) for name in replaced
    }


@contextlib.contextmanager
def life(seed: int, worlds: Worlds, place: Path, attached: str) -> Iterator[Life]:
    """Yield the life with that seed, in a stack of its own."""
    stack = f"s{seed}"
    real = Real(worlds, place, stack, attached)
    try:
        yield Life(seed, Ours(worlds, place / "ours", stack), real)
    finally:
        real.close()
