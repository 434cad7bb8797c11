"""What was deployed: inputs and outputs per resource, in one JSON file."""

from __future__ import annotations

import contextlib
import copy
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Properties = dict[str, Any]
_FORMAT = "resources.v2"


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
    errors: list[str] = field(default_factory=list)
    """Why it is not complete; the next deployment updates it, changed or not."""
    replacing: bool = False
    """It was deleted to be made anew, and has not been yet."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A call to AWS whose end was never recorded: the deployment was killed meanwhile."""

    operation: str
    """`creating`, `updating` or `deleting`."""
    urn: str
    record: Record


class State:
    """Records by URN, in the order of their deployment; every change is on disk when it returns."""

    def __init__(self, path: Path | None, records: dict[str, Record] | None = None) -> None:
        self._path = path
        self._records = records or {}
        self.replaced: list[tuple[str, Record]] = []
        """What a new resource stands for already, and must still be deleted."""
        self.pending: list[Pending] = []

    @classmethod
    def load(cls, path: Path) -> State:
        """Read the file, or start empty where there is none; raises EngineError for a bad one."""
        state = cls(path)
        if not path.exists():
            return state
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            state._records = {urn: Record(**kept) for urn, kept in document[_FORMAT].items()}
            state.replaced = [(urn, Record(**kept)) for urn, kept in document["replaced"]]
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
        state = State(None, dict(self._records))
        state.replaced, state.pending = copy.copy(self.replaced), copy.copy(self.pending)
        return state

    def get(self, urn: str) -> Record | None:
        """Return the record of `urn`, or None."""
        return self._records.get(urn)

    def urns(self) -> list[str]:
        """URNs in the order of deployment."""
        return list(self._records)

    def put(self, urn: str, record: Record) -> None:
        """Set a record."""
        if self._records.get(urn) != record:
            self._records[urn] = record
            self.save()

    def remove(self, urn: str) -> None:
        """Drop a record."""
        del self._records[urn]
        self.save()

    def rename(self, urn: str, to: str) -> None:
        """Give a record another URN, in its place."""
        self._records = {to if key == urn else key: kept for key, kept in self._records.items()}
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
        """Write everything."""
        if self._path is None:
            return
        document = {
            _FORMAT: {urn: asdict(record) for urn, record in self._records.items()},
            "replaced": [[urn, asdict(record)] for urn, record in self.replaced],
            "pending": [[note.operation, note.urn, asdict(note.record)] for note in self.pending],
        }
        write_json(self._path, document)


def write_json(path: Path, document: object) -> None:
    """Replace `path` as a whole: a reader, or a restart after a kill, never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def deletion_order(doomed: Iterable[tuple[str, Record]]) -> list[tuple[str, Record]]:
    """Order `doomed`, given in the order of deployment: nothing goes before what depends on it.

    As Pulumi's engine: all that nothing depends on, the newest first, then what that leaves.
    """
    ordered: list[tuple[str, Record]] = []
    left = list(doomed)[::-1]
    while left:
        needed = {n for _, record in left for n in (*record.dependencies, record.parent)}
        free = [entry for entry in left if entry[0] not in needed] or left[:1]
        left = [entry for entry in left if entry not in free]
        ordered += free
    return ordered


def dependents(state: State, urn: str) -> list[str]:
    """Everything that depends on `urn`, at first or further hand, in the order of deployment."""
    found = {urn}
    for other in state.urns():
        record = state.get(other)
        if record and found & {*record.dependencies, record.parent}:
            found.add(other)
    return [other for other in state.urns() if other in found - {urn}]
