"""What one resource needs, as Pulumi's engine decides it: create, update, replace, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rehearsal.engine.errors import EngineError
from rehearsal.engine.providers import PROVIDERS
from rehearsal.engine.providers.base import UNKNOWN, PartialError
from rehearsal.engine.state import Properties, Record, State, dependents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rehearsal.engine.providers.aws import Aws
    from rehearsal.engine.providers.base import Resource

Progress = Callable[[str, str, str], None]
"""(operation, type, name); operation is `create`, `update`, `replace`, `same` or `delete`."""


@dataclass(frozen=True, slots=True)
class Options:
    """A registration's options that bear on its resource."""

    replace_on: frozenset[str] = frozenset()
    delete_first: bool | None = None
    """None: as the provider has it."""


class Steps:
    """Brings resources, one after the other, to where the program wants them.

    In a dry run AWS is left alone and the state is a scratch copy.
    """

    def __init__(self, aws: Aws, state: State, progress: Progress, *, dry_run: bool) -> None:
        self.state = state
        self._aws, self._progress, self._dry_run = aws, progress, dry_run

    def apply(self, urn: str, goal: Record, options: Options) -> Record:
        """Bring one resource there; return its record. Raises EngineError."""
        before = self.state.get(urn)
        if not goal.custom:
            self.state.put(urn, goal)
            return goal
        provider = known(goal)
        fresh = replace(goal, inputs=checked(provider, dict(goal.inputs), goal))
        if before is None:
            return self._create(provider, urn, fresh, "create")
        inputs = dict(goal.inputs)
        keep_ignored(inputs, before.inputs, goal.ignored)
        goal = replace(goal, inputs=checked(provider, inputs, goal))
        diff = provider.diff(before.outputs, goal.inputs, goal.ignored)
        if before.replacing or diff.replaced or diff.changed & options.replace_on:
            first = diff.delete_first if options.delete_first is None else options.delete_first
            # A new resource starts from the program, also where changes are ignored.
            return self._replace(provider, urn, before, fresh, delete_first=first)
        goal = replace(goal, id=before.id)
        if diff.changed or before.errors:
            return self._update(provider, urn, before, goal)
        self._progress("same", goal.type, goal.name)
        goal = replace(goal, outputs=before.outputs)
        self.state.put(urn, goal)
        return goal

    def _create(self, provider: Resource, urn: str, goal: Record, operation: str) -> Record:
        self._progress(operation, goal.type, goal.name)
        if self._dry_run:
            made = replace(goal, outputs=provider.planned(None, goal.inputs))
        else:
            with self.state.during("creating", urn, goal):
                made = self._attempt(urn, goal, lambda: provider.create(self._aws, goal.inputs))
        self.state.put(urn, made)
        return made

    def _update(self, provider: Resource, urn: str, before: Record, goal: Record) -> Record:
        self._progress("update", goal.type, goal.name)
        held = before.outputs
        if self._dry_run:
            made = replace(goal, outputs=provider.planned(held, goal.inputs))
        else:
            with self.state.during("updating", urn, goal):
                made = self._attempt(
                    urn,
                    goal,
                    lambda: (
                        goal.id,
                        provider.update(self._aws, goal.id, held, goal.inputs, goal.ignored),
                    ),
                )
        self.state.put(urn, made)
        return made

    def _attempt(
        self, urn: str, goal: Record, call: Callable[[], tuple[str, Properties]]
    ) -> Record:
        """Return the record of what was done; what was only begun is recorded before it raises."""
        try:
            id_, outputs = call()
        except PartialError as error:
            begun = replace(goal, id=error.id, outputs=error.state, errors=[str(error)])
            self.state.put(urn, begun)
            raise
        return replace(goal, id=outputs.get("id", id_), outputs=outputs)

    def _replace(
        self, provider: Resource, urn: str, before: Record, goal: Record, *, delete_first: bool
    ) -> Record:
        if goal.protect and before.protect:
            raise EngineError(
                f'unable to replace resource "{urn}" as it is currently marked for protection: '
                "take its protection away in a deployment of its own first."
            )
        if before.replacing:
            return self._create(provider, urn, goal, "replace")
        if delete_first:
            for other in reversed(self._replaced_with(urn)):
                self._condemn(other, urn)
            self.delete(urn, before, "replace")
            self.state.put(urn, replace(before, replacing=True))
            return self._create(provider, urn, goal, "create")
        self.state.replaced.append((urn, before))
        try:
            return self._create(provider, urn, goal, "replace")
        except EngineError:
            if self.state.get(urn) == before:
                self.state.replaced.remove((urn, before))
                self.state.save()
            raise

    def _condemn(self, urn: str, for_: str) -> None:
        record = self.state.get(urn)
        if record is None or record.replacing:
            return
        if record.protect:
            raise EngineError(
                f'unable to replace resource "{urn}" as part of replacing "{for_}" as it is '
                "currently marked for protection: take its protection away first."
            )
        self.delete(urn, record)
        self.state.put(urn, replace(record, replacing=True))

    def _replaced_with(self, urn: str) -> list[str]:
        """Name what must be made anew with `urn`: whose inputs from it cannot be updated."""
        gone = {urn}
        for other in dependents(self.state, urn):
            record = self.state.get(other)
            if record is None or not record.custom:
                continue
            unknown = {
                key: UNKNOWN for key, needs in record.input_dependencies.items() if gone & {*needs}
            }
            if unknown and known(record).diff(record.outputs, record.inputs | unknown).replaced:
                gone.add(other)
        return [other for other in self.state.urns() if other in gone - {urn}]

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
