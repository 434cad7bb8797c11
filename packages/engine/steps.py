"""What one resource needs, as Pulumi's engine decides it: create, update, replace, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.providers import PROVIDERS
from engine.providers.base import UNKNOWN, PartialError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.providers.aws import Aws
    from engine.providers.base import Resource
    from engine.state import Properties, Record, State

Progress = Callable[[str, str, str], None]
"""(operation, type, name); operation is `create`, `update`, `replace`, `same` or `delete`."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One resource on its way to `goal`; `was` is the URN that it has in the state."""

    provider: Resource
    urn: str
    was: str
    before: Record | None
    goal: Record


class Steps:
    """Brings resources, one after the other, to where the program wants them.

    In a dry run AWS is left alone and the state is a scratch copy.
    """

    def __init__(self, aws: Aws, state: State, progress: Progress, *, dry_run: bool) -> None:
        self.state = state
        self._aws, self._progress, self._dry_run = aws, progress, dry_run

    def apply(
        self, urn: str, goal: Record, *, was: str = "", delete_first: bool | None = None
    ) -> Record:
        """Bring one resource there; return its record. Raises EngineError.

        `was` is its URN in the state where that is another; `delete_first` of None: as the provider
        has it.
        """
        was = was or urn
        before = self.state.get(was)
        if not goal.custom:
            self.state.settle(urn, goal, was)
            return goal
        provider = known(goal)
        fresh = replace(goal, inputs=checked(provider, dict(goal.inputs), goal))
        if before is None:
            return self._create(_Change(provider, urn, was, None, fresh), "create")
        inputs = dict(goal.inputs)
        keep_ignored(inputs, before.inputs, goal.ignored)
        goal = replace(goal, inputs=checked(provider, inputs, goal), id=before.id)
        diff = provider.diff(before.outputs, goal.inputs, goal.ignored)
        if before.replacing or diff.replaced or diff.changed & {*goal.replace_on}:
            first = diff.delete_first if delete_first is None else delete_first
            # A new resource starts from the program, also where changes are ignored.
            change = _Change(provider, urn, was, before, fresh)
            return self._replace(change, before, delete_first=first)
        if diff.changed or before.errors:
            return self._update(_Change(provider, urn, was, before, goal), before)
        self._progress("same", goal.type, goal.name)
        goal = replace(goal, outputs=before.outputs)
        self.state.settle(urn, goal, was)
        return goal

    def _create(self, change: _Change, operation: str, *, stands_for: bool = False) -> Record:
        goal, provider = change.goal, change.provider
        self._progress(operation, goal.type, goal.name)
        if self._dry_run:
            made = replace(goal, outputs=provider.planned(None, goal.inputs))
        else:
            with self.state.during("creating", change.urn, goal):
                made = self._attempt(
                    change, lambda: provider.create(self._aws, goal.inputs), stands_for=stands_for
                )
        self.state.settle(change.urn, made, change.was, stands_for=stands_for)
        return made

    def _update(self, change: _Change, before: Record) -> Record:
        goal, provider, held = change.goal, change.provider, before.outputs
        self._progress("update", goal.type, goal.name)
        if self._dry_run:
            made = replace(goal, outputs=provider.planned(held, goal.inputs))
        else:

            def update() -> tuple[str, Properties]:
                done = provider.update(self._aws, goal.id, held, goal.inputs, goal.ignored)
                return goal.id, done

            with self.state.during("updating", change.was, goal):
                made = self._attempt(change, update)
        self.state.settle(change.urn, made, change.was)
        return made

    def _attempt(
        self,
        change: _Change,
        call: Callable[[], tuple[str, Properties]],
        *,
        stands_for: bool = False,
    ) -> Record:
        """Return the record of what was done; what was only begun is recorded before it raises."""
        try:
            id_, outputs = call()
        except PartialError as error:
            begun = replace(change.goal, id=error.id, outputs=error.state, errors=[str(error)])
            self.state.settle(change.urn, begun, change.was, stands_for=stands_for)
            raise
        return replace(change.goal, id=outputs.get("id", id_), outputs=outputs)

    def _replace(self, change: _Change, before: Record, *, delete_first: bool) -> Record:
        if change.goal.protect and before.protect:
            raise EngineError(
                f'unable to replace resource "{change.urn}" as it is currently marked for '
                "protection: take its protection away in a deployment of its own first."
            )
        if delete_first:
            self._clear(change, before)
        elif not before.replacing:
            return self._create(change, "replace", stands_for=True)
        return self._create(change, "replace" if before.replacing else "create")

    def _clear(self, change: _Change, before: Record) -> None:
        """Delete what is to be made anew, after what must be made anew with it."""
        others = self._replaced_with(change.was)
        for urn, record in others:
            if record.protect:
                raise EngineError(
                    f'unable to replace resource "{urn}" as part of replacing "{change.urn}" as it '
                    "is currently marked for protection: take its protection away first."
                )
        for urn, record in reversed(others):
            self.delete(urn, record)
            self.state.put(urn, replace(record, replacing=True))
        if not before.replacing:
            self.delete(change.was, before, "replace")
            self.state.put(change.was, replace(before, replacing=True))

    def _replaced_with(self, urn: str) -> list[tuple[str, Record]]:
        """Return what must be made anew with `urn`: whose inputs from it cannot be updated."""
        gone, found = {urn}, []
        for kept in self.state.left:
            record = kept.record
            unknown = {
                key: UNKNOWN
                for key, needs in record.input_dependencies.items()
                if gone & {*needs} and key in record.inputs
            }
            if not record.custom or record.replaced or not unknown:
                continue
            diff = known(record).diff(record.outputs, record.inputs | unknown, record.ignored)
            if diff.replaced or diff.changed & {*record.replace_on}:
                gone.add(kept.urn)
                found.append((kept.urn, record))
        return [(other, record) for other, record in found if not record.replacing]

    def delete(self, urn: str, record: Record, operation: str = "delete") -> None:
        """Delete a resource in AWS, unless it is to be retained; its record stays."""
        if not record.custom or record.replacing:
            return
        self._progress(operation, record.type, record.name)
        if record.retain_on_delete or self._dry_run:
            return
        with self.state.during("deleting", urn, record):
            known(record).delete(self._aws, record.id, record.outputs)
        self.state.save()


def known(record: Record) -> Resource:
    """Return the provider of a record; raises EngineError for a type that there is none for."""
    provider = PROVIDERS.get(record.type)
    if provider is None:
        raise EngineError(f"This engine knows no {record.type}: '{record.name}' needs one.")
    return provider


def checked(provider: Resource, inputs: Properties, goal: Record) -> Properties:
    """Return the inputs with defaults; raises EngineError for the first that is refused."""
    filled, failures = provider.check(inputs)
    for failure in failures:
        raise EngineError(f"{goal.type} '{goal.name}': {failure.reason}.")
    return filled


def keep_ignored(inputs: Properties, before: Properties, ignored: Iterable[str]) -> None:
    """Put the last state's value in place of each ignored input, as Pulumi's `ignoreChanges`."""
    for key in ignored:
        if key in before:
            inputs[key] = before[key]
        else:
            inputs.pop(key, None)


def differences(record: Record, held: Properties) -> Properties:
    """Return what AWS holds otherwise than the program had it, by argument."""
    changed = known(record).diff(held, record.inputs, record.ignored).changed
    return {key: held.get(key) for key in sorted(changed)}
