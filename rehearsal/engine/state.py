"""What was deployed: inputs and outputs per resource, in one JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.engine.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

Properties = dict[str, Any]
_FORMAT = "resources.v1"


@dataclass(frozen=True, slots=True)
class Record:
    """One deployed resource; `dependencies` and `parent` are URNs."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    outputs: Properties
    parent: str = ""
    dependencies: list[str] = field(default_factory=list)
    protect: bool = False
    retain_on_delete: bool = False


class State:
    """Records by URN, in the order of their deployment; every change is on disk when it returns."""

    def __init__(self, path: Path, records: dict[str, Record]) -> None:
        self._path = path
        self._records = records

    @classmethod
    def load(cls, path: Path) -> State:
        """Read the file, or start empty where there is none; raises EngineError for a bad one."""
        if not path.exists():
            return cls(path, {})
        try:
            resources = json.loads(path.read_text(encoding="utf-8"))[_FORMAT]
            return cls(path, {urn: Record(**kept) for urn, kept in resources.items()})
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise EngineError(
                f"{path} is not a state file of this engine: remove it and deploy again."
            ) from None

    def get(self, urn: str) -> Record | None:
        """Return the record of `urn`, or None."""
        return self._records.get(urn)

    def urns(self) -> list[str]:
        """URNs in the order of deployment."""
        return list(self._records)

    def put(self, urn: str, record: Record) -> None:
        """Set a record."""
        self._records[urn] = record
        self._save()

    def remove(self, urn: str) -> None:
        """Drop a record."""
        del self._records[urn]
        self._save()

    def _save(self) -> None:
        resources = {urn: asdict(record) for urn, record in self._records.items()}
        write_json(self._path, {_FORMAT: resources})


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


def deletion_order(state: State, doomed: set[str]) -> list[str]:
    """Order `doomed` so that nothing goes before what depends on it."""
    ordered: list[str] = []
    left = [urn for urn in reversed(state.urns()) if urn in doomed]
    while left:
        needed = {needed for urn in left for needed in _needs(state, urn)}
        free = next((urn for urn in left if urn not in needed), left[0])
        left.remove(free)
        ordered.append(free)
    return ordered


def _needs(state: State, urn: str) -> list[str]:
    record = state.get(urn)
    return [*record.dependencies, record.parent] if record else []
