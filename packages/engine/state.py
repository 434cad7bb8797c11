"""What was deployed: inputs and outputs per resource, in one JSON file."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from console.files import write_whole

from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Properties = dict[str, Any]
_FORMAT = "resources.v3"


@dataclass(frozen=True, slots=True)
class Record:
    """One deployed resource; `dependencies` and `parent` are URNs."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    outputs: Properties = field(default_factory=dict)
    id: str = ""
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)
    input_dependencies: dict[str, list[str]] = field(default_factory=dict)
    """What each input's value came from."""
    protect: bool = False
    retain_on_delete: bool = False
    ignored: list[str] = field(default_factory=list)
    """Arguments that are not the program's: they may differ."""
    replace_on: list[str] = field(default_factory=list)
    """Arguments whose change makes it anew, whatever the provider says."""
    errors: list[str] = field(default_factory=list)
    """Why it is not complete; the next deployment updates it, changed or not."""
    replacing: bool = False
    """It was deleted to be made anew, and has not been yet."""
    replaced: bool = False
    """Another was made in its place, and it must still be deleted."""

    @property
    def needs(self) -> set[str]:
        """What must be there as long as it is."""
        return {self.parent, *self.dependencies, *chain(*self.input_dependencies.values())} - {""}

    def pointed(self, to: Callable[[str], Iterable[str]]) -> Record:
        """Return it with each URN that it needs put as those that `to` gives."""

        def put(urns: list[str]) -> list[str]:
            return [new for urn in urns for new in to(urn)]

        return replace(
            self,
            parent=next(iter(to(self.parent)), ""),
            dependencies=put(self.dependencies),
            input_dependencies={key: put(urns) for key, urns in self.input_dependencies.items()},
        )


@dataclass(eq=False, slots=True)
class Kept:
    """A record and its URN, in the state."""

    urn: str
    record: Record


@dataclass(frozen=True, slots=True)
class Pending:
    """A call to AWS whose end was never recorded: the deployment was killed meanwhile."""

    operation: str
    """`creating`, `updating` or `deleting`."""
    urn: str
    record: Record


class State:
    """What was deployed; every change is on disk when it returns.

    As with Pulumi, what a deployment has settled comes first, in its order, and what is left of the
    one before follows: nothing comes before what it needs.
    """

    def __init__(self, path: Path | None, kept: Iterable[Kept] = ()) -> None:
        self._path = path
        self.kept = list(kept)
        self.settled = 0
        """How many of `kept` are this deployment's."""
        self._moved: dict[str, str] = {}
        self.pending: list[Pending] = []

    @classmethod
    def load(cls, path: Path) -> State:
        """Read the file, or start empty where there is none; raises EngineError for a bad one."""
        state = cls(path)
        if not path.exists():
            return state
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            state.kept = [Kept(urn, Record(**kept)) for urn, kept in document[_FORMAT]]
            state.pending = [
                Pending(operation, urn, Record(**kept))
                for operation, urn, kept in document["pending"]
            ]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise EngineError(
                f"{path} is not a state file of this engine: remove it and deploy again."
            ) from None
        return state

    def scratch(self) -> State:
        """Return a copy that is never written."""
        state = State(None, (Kept(kept.urn, kept.record) for kept in self.kept))
        state.pending = list(self.pending)
        return state

    def _live(self, urn: str) -> Kept | None:
        return next((k for k in self.kept if k.urn == urn and not k.record.replaced), None)

    def get(self, urn: str) -> Record | None:
        """Return the record of `urn`, or None."""
        kept = self._live(urn)
        return kept.record if kept else None

    def urns(self) -> list[str]:
        """URNs of what is there, nothing before what it needs."""
        return [kept.urn for kept in self.kept if not kept.record.replaced]

    @property
    def left(self) -> list[Kept]:
        """What this deployment has not settled."""
        return self.kept[self.settled :]

    def put(self, urn: str, record: Record) -> None:
        """Set a record in its place."""
        kept = self._live(urn)
        if kept is None:
            self.kept.append(Kept(urn, record))
        else:
            kept.record = record
        self.save()

    def settle(self, urn: str, record: Record, was: str, *, stands_for: bool = False) -> None:
        """Record what this deployment made of what `was`, its URN before.

        `stands_for`: it was made anew, and the one before must still be deleted.
        """
        before = self._live(was)
        if before and stands_for:
            before.record = replace(before.record, replaced=True)
        elif before:
            self.kept.remove(before)
        self.kept.insert(self.settled, Kept(urn, record))
        self.settled += 1
        if before and was != urn:
            self._moved[was] = urn
        # Where only the order is another the next change writes it, or the deployment's end.
        if stands_for or before is None or was != urn or before.record != record:
            self.save()

    def remove(self, kept: Kept) -> None:
        """Drop a record."""
        self.kept.remove(kept)
        self.save()

    def forget(self, gone: Kept) -> None:
        """Drop a record that AWS does not have: nothing needs it any more."""
        self.kept.remove(gone)
        if not any(kept.urn == gone.urn for kept in self.kept):
            for kept in self.kept:
                record = kept.record.pointed(lambda urn: [] if urn == gone.urn else [urn])
                orphan = kept.record.parent == gone.urn
                kept.record = replace(record, parent=gone.record.parent) if orphan else record
        self.save()

    @contextlib.contextmanager
    def during(self, operation: str, urn: str, record: Record) -> Iterator[None]:
        """Note that AWS is being called; what is left of the note is a deployment that was killed.

        Earlier notes stay: a deployment says what it found, and `recover` settles it.
        """
        note = Pending(operation, urn, record)
        self.pending.append(note)
        self.save()
        try:
            yield
        except Exception:
            self.pending.remove(note)
            self.save()
            raise
        # Saved with the record of what was done: a kill between the two would lose it.
        self.pending.remove(note)

    def save(self) -> None:
        """Write everything, under the URNs that things have by now."""
        if self._path is None:
            return
        moved = self._now()

        def to(urn: str) -> list[str]:
            return [moved.get(urn, urn)]

        def put(urn: str, record: Record) -> list[Any]:
            now = moved.get(urn, urn)
            name = record.name if now == urn else now.rpartition("::")[2]
            return [now, asdict(replace(record.pointed(to), name=name))]

        document = {
            _FORMAT: [put(kept.urn, kept.record) for kept in self.kept],
            "pending": [[note.operation, *put(note.urn, note.record)] for note in self.pending],
        }
        write_json(self._path, document)

    def _now(self) -> dict[str, str]:
        """Return the new URN of all that was moved; children are moved with their parents."""
        moved = dict(self._moved)
        for kept in self.kept if moved else ():
            if (parent := moved.get(kept.record.parent)) and kept.urn not in moved:
                moved[kept.urn] = below(parent, types_of(kept.urn)[-1], kept.record.name)
        return moved


def types_of(urn: str) -> list[str]:
    """Return the types of a resource's parents, and its own at last."""
    return urn.split("::", 3)[2].split("$")


def below(parent: str, type_: str, name: str) -> str:
    """Return the URN of a child."""
    stack, project, types, _ = parent.split("::", 3)
    return f"{stack}::{project}::{types}${type_}::{name}"


def write_json(path: Path, document: object) -> None:
    """Write a document to read."""
    write_whole(path, json.dumps(document, indent=2) + "\n")
