"""This engine in the place of Pulumi's: what STACK_ENGINE=engine.stack names.

The backend is a directory (`PULUMI_BACKEND_URL=file://...`) with one below it per stack. Nothing is
locked: only one deployment at a time is rehearsed.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reporting.changes import Change

from engine import deployment, project
from engine.errors import EngineError
from engine.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Say = Callable[[str], object]

REFUSED = EngineError
_STATE = "pulumi:pulumi:Stack"


class Described(Protocol):
    """The Pulumi program that is run: `directory` holds its Pulumi.yaml."""

    @property
    def directory(self) -> Path:
        """Where it lies."""


class Seen:
    """What one run did, or would do: told to `say` as it happens."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.changes: list[Change] = []
        self.found: list[Change] = []
        self.unchanged = 0

    def __call__(self, operation: str, type_: str, name: str) -> None:
        """Take one step."""
        if operation == "same":
            self.unchanged += 1
            return
        self.changes.append(Change(operation, type_, name))
        self._say(str(self.changes[-1]))


class Stack:
    """One stack of the program, as `deploy.engine` describes it."""

    def __init__(self, loaded: project.Project, directory: Path) -> None:
        self.name, self._project, self._directory = loaded.stack, loaded, directory

    @property
    def exists(self) -> bool:
        """Whether the backend has it."""
        return self._directory.is_dir()

    def create(self) -> None:
        """Make it on the backend unless it is there."""
        self._directory.mkdir(parents=True, exist_ok=True)

    def preview(self, say: Say) -> Seen:
        """Ask what a deployment would change."""
        seen = Seen(say)
        self._take(seen, write=False)
        deployment.preview(self._project, self._directory, seen, refreshed=True)
        return seen

    def up(self, say: Say, message: str | None = None) -> tuple[Seen, dict[str, Any]]:
        """Take over what AWS holds, deploy, and return the outputs too."""
        del message
        seen = Seen(say)
        self._take(seen)
        return seen, deployment.up(self._project, self._directory, seen)

    def compare(self, say: Say) -> Seen:
        """Compare AWS with the state."""
        seen = Seen(say)
        self._take(seen, write=False)
        seen.unchanged = len(self._state.urns()) - len(seen.found)
        return seen

    def mend(self, region: str, say: Say) -> Seen:
        """Settle what a killed deployment left; what AWS does not have is found as deleted."""
        del region
        seen = Seen(say)
        for note, made in deployment.recover(self._project, self._directory):
            if not made:
                seen.found.append(Change("delete", note.record.type, note.record.name))
        return seen

    def destroy(self, say: Say) -> Seen:
        """Delete everything."""
        seen = Seen(say)
        deployment.destroy(self._project, self._directory, seen)
        return seen

    def state(self) -> dict[str, Any]:
        """What there is to know of the state, as `pulumi stack export` has it."""
        held = deployment.outputs(self._directory)
        pending = [
            {"type": note.operation, "resource": {"type": note.record.type, "urn": note.urn}}
            for note in self._state.pending
        ]
        resources = [
            {"type": note.record.type, "urn": note.urn, "initErrors": note.record.errors}
            for note in deployment.refused(self._state)
        ]
        whole = [{"type": _STATE, "outputs": held}, *resources]
        return {"resources": whole, "pending_operations": pending}

    def replace_state(self, state: dict[str, Any]) -> None:
        """Not offered: raises EngineError."""
        raise EngineError("This engine's state cannot be moved: deploy the stack at the new place.")

    def lock(self) -> str | None:
        """Nobody holds it."""
        return None

    def unlock(self) -> None:
        """Nothing to take away."""

    @property
    def _state(self) -> State:
        return State.load(self._directory / deployment.STATE)

    def _take(self, seen: Seen, *, write: bool = True) -> None:
        for drift in deployment.refresh(self._project, self._directory, write=write):
            changed = {key: (drift.was.get(key), held) for key, held in drift.held.items()}
            operation = "update" if drift.held else "delete"
            seen.found.append(Change(operation, drift.type, drift.name, changed))


@contextlib.contextmanager
def opened(
    described: Described, name: str, config: Mapping[str, str] | None, backend: str | None
) -> Iterator[Stack]:
    """Yield the stack; raises EngineError where there is no backend of this engine's kind."""
    where = backend or os.environ.get("PULUMI_BACKEND_URL", "")
    if not where.startswith("file://"):
        raise EngineError(
            "This engine keeps its state in a directory: set PULUMI_BACKEND_URL, as file:///path."
        )
    loaded = project.load(described.directory, name, dict(config or {}))
    yield Stack(loaded, Path(where.removeprefix("file://")) / name)
