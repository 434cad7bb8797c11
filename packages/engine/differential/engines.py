"""The two engines, asked for the same things in the same words."""

from __future__ import annotations

import contextlib
import contextvars
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from unittest import mock

from engine import deployment
from engine.deletion import Graph
from engine.differential import programs
from engine.differential.programs import Program
from engine.differential.world import World, Worlds
from engine.errors import EngineError
from engine.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from engine.state import Kept

REGION = "us-east-1"
_VERDICTS = {
    r"exists already": "exists",
    r"is refused": "refused",
    r"is not finished": "unfinished",
    r"marked for protection|is protected": "protected",
    r"does not exist": "missing",
    r"[Dd]uplicate resource (URN|alias)|twice": "twice",
}
"""What a refusal is, by words of either engine; of several the first here."""


@dataclass
class Outcome:
    """How a deployment or preview ended, what it planned, and what it gave out."""

    verdict: str
    planned: set[tuple[str, str]] = field(default_factory=set)
    outputs: dict[str, Any] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    """What a refresh found otherwise."""
    said: str = ""


class Engine(Protocol):
    """What both can be asked."""

    world: World

    def up(self, program: Program, *, refreshed: bool) -> Outcome:
        """Deploy."""

    def preview(self, program: Program, *, refreshed: bool) -> Outcome:
        """Ask what a deployment would do."""

    def drift(self) -> set[str]:
        """Name what AWS holds otherwise than the program had it."""

    def destroy(self) -> Outcome:
        """Delete everything."""

    def pending(self) -> set[tuple[str, str]]:
        """Name what a killed deployment left open: operation and resource."""

    def forget_pending(self) -> None:
        """Go on without what was left open: AWS does not have it."""


def verdict(error: Exception | str) -> str:
    """Return in one word why an engine refused."""
    text = str(error)
    return next((v for words, v in _VERDICTS.items() if re.search(words, text)), text)


class KilledError(Exception):
    """Our engine's process has ended."""


class Ours:
    """The in-process engine.

    `follows` are calls of Pulumi's: what can be deleted at the same time it deletes in an order of
    chance (that of a set in Go). This one takes it over, so that a fault meets both at one point.
    """

    def __init__(self, worlds: Worlds, place: Path, stack: str) -> None:
        self.world = World(kill=self._kill)
        self._worlds, self._place = worlds, place / stack
        self._left: bytes | None = None
        self.follows: list[str] = []
        self._place.mkdir(parents=True)
        entry = self._place / "__main__.py"
        entry.write_text(f"from {__name__} import run_current\nrun_current()\n", encoding="utf-8")
        self._project = Project("differential", stack, entry.parent, {"aws:region": REGION})

    def _kill(self) -> None:
        """End as a process does that is killed: nothing is written any more."""
        self._left = self.keep()
        raise KilledError

    def up(self, program: Program, *, refreshed: bool) -> Outcome:
        """Deploy."""
        return self._run(deployment.up, program, refreshed=refreshed)

    def preview(self, program: Program, *, refreshed: bool) -> Outcome:
        """Ask what a deployment would do."""
        return self._run(deployment.preview, program, refreshed=refreshed)

    def _run(self, command: Callable[..., Any], program: Program, *, refreshed: bool) -> Outcome:
        self._worlds.now = self.world
        outcome = Outcome("done")

        def note(operation: str, _type: str, name: str) -> None:
            if operation != "same":
                outcome.planned.add((operation, name))

        current.program = program
        try:
            with self._following():
                outputs = contextvars.Context().run(
                    command, self._project, self._place, note, refreshed=refreshed
                )
            outcome.outputs = outputs or {}
        except (EngineError, KilledError) as error:
            outcome.verdict, outcome.said = verdict(error), str(error)
        if self._left is not None:
            self.restore(self._left)
            self._left, outcome.verdict = None, "killed"
        return outcome

    @contextlib.contextmanager
    def _following(self) -> Iterator[None]:
        """Delete what is in one level in the order of the calls that are followed."""
        places = {call: place for place, call in enumerate(self.follows)}
        levels = Graph.levels

        def followed(graph: Graph, doomed: Iterable[Kept]) -> list[list[Kept]]:
            def place(kept: Kept) -> int:
                return places.get(f"delete {kept.record.id}", len(places))

            return [sorted(level, key=place) for level in levels(graph, doomed)]

        with mock.patch.object(Graph, "levels", followed):
            yield

    def drift(self) -> set[str]:
        """Name what AWS holds otherwise."""
        self._worlds.now = self.world
        return {found.name for found in deployment.refresh(self._project, self._place)}

    def destroy(self) -> Outcome:
        """Delete everything."""
        self._worlds.now = self.world
        try:
            deployment.destroy(self._project, self._place, lambda *_: None)
        except EngineError as error:
            return Outcome(verdict(error), said=str(error))
        return Outcome("done")

    def pending(self) -> set[tuple[str, str]]:
        """Name what was left open."""
        notes = deployment.left_open(self._place)
        return {(note.operation, note.record.name) for note in notes}

    def forget_pending(self) -> None:
        """Recover."""
        self._worlds.now = self.world
        deployment.recover(self._project, self._place)

    def keep(self) -> bytes:
        """Return the state as it lies."""
        path = self._place / deployment.STATE
        return path.read_bytes() if path.exists() else b""

    def restore(self, state: bytes) -> None:
        """Put a state back."""
        path = self._place / deployment.STATE
        path.write_bytes(state) if state else path.unlink(missing_ok=True)


class _Current:
    program = Program()


current = _Current()


def run_current() -> None:
    """Run the program that is being deployed."""
    programs.run(current.program)
