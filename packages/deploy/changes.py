"""What the engine did or would do, out of its events: typed, and a line each while it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from pulumi.automation import OpType
from reporting.amounts import seconds
from reporting.changes import Change

if TYPE_CHECKING:
    from pulumi.automation import DiagnosticEvent, EngineEvent, StepEventMetadata

Say = Callable[[str], object]
"""Takes a line for whoever watches."""
SILENCE_SECONDS = 8.0
# A replacement is three steps to the engine, and one change to a person.
_OPERATIONS = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.IMPORT: "import",
}
# What follows from another error, or says where the plugin lies.
_ECHOES = ("update failed", "preview failed", "Resource monitor has terminated")
_PLUGIN = "using pulumi-resource-"


class Watcher:
    """Gathers one run's changes; as a context, says every few seconds what it waits for."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._spoke = time.monotonic()
        self._ended = threading.Event()
        self._begun: dict[str, tuple[str, float]] = {}
        self._refreshed: set[str] = set()
        self.changes: list[Change] = []
        self.found: list[Change] = []
        """What a refresh on the way found to be otherwise in AWS."""
        self._seen: set[str] = set()
        self._changed: set[str] = set()
        self.errors: list[str] = []

    @property
    def unchanged(self) -> int:
        """How many resources the engine looked at and left as they were."""
        return len(self._seen - self._changed)

    def __enter__(self) -> Self:
        threading.Thread(target=self._wait, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if step.op is OpType.REFRESH:
                self._refreshed.add(step.urn)
            else:
                self._refreshed.discard(step.urn)
            self._begun[step.urn] = (_change(step).resource, time.monotonic())
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)

    def _done(self, step: StepEventMetadata) -> None:
        self._begun.pop(step.urn, None)
        if step.type.startswith("pulumi:providers:"):
            return
        self._seen.add(step.urn)
        change = _change(step)
        if step.op is OpType.REFRESH:  # on the way to something else
            if step.new is None or change.properties:
                self.found.append(change)
            return
        if step.op not in _OPERATIONS:
            return
        self._changed.add(step.urn)
        if step.urn in self._refreshed:
            self.found.append(change)
        else:
            self.changes.append(change)
            self._tell(str(change))

    def _diagnostic(self, event: DiagnosticEvent) -> None:
        text = event.message.strip()
        if event.severity == "error" and not text.startswith(_ECHOES):
            name = event.urn.rpartition("::")[2] + ": " if event.urn else ""
            self.errors.append(f"{name}{text}")
        elif event.severity == "warning" and not text.startswith(_PLUGIN):
            self._tell(f"warning: {text}")

    def _tell(self, line: str) -> None:
        self._spoke = time.monotonic()
        self._say(line)

    def _wait(self) -> None:
        while not self._ended.wait(1):
            now = time.monotonic()
            if now - self._spoke > SILENCE_SECONDS:
                waiting = [
                    f"{name} ({seconds(now - at)})" for name, at in list(self._begun.values())
                ]
                self._tell(f"… {', '.join(waiting[:3]) or 'the engine'}")


def _change(step: StepEventMetadata) -> Change:
    before = (step.old.inputs if step.old else None) or {}
    after = (step.new.inputs if step.new else None) or {}
    named = {path.split(".")[0].split("[")[0] for path in step.detailed_diff or step.diffs or ()}
    return Change(
        _OPERATIONS.get(step.op, step.op.value),
        step.type,
        step.urn.rpartition("::")[2],
        {key: (before.get(key), after.get(key)) for key in sorted(named)},
    )
