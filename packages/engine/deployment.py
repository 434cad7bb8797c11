"""Runs the real program against the monitor, then deletes what it no longer registers."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi
from botocore.exceptions import BotoCoreError
from pulumi.runtime import configure, run_in_stack, set_all_config
from pulumi.runtime.mocks import MockEngine, MockSettings
from pulumi.runtime.settings import SETTINGS
from service import outputs as left_outputs

from engine.deletion import Graph
from engine.errors import EngineError
from engine.monitor import Monitor
from engine.providers.aws import Aws, unreachable
from engine.state import Kept, Pending, Properties, Record, State
from engine.steps import Progress, Steps, differences, known

if TYPE_CHECKING:
    from pathlib import Path

    from engine.project import Project

STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Drift:
    """A resource that AWS holds otherwise than the state; by argument, {} where it is gone."""

    type: str
    name: str
    was: Properties
    held: Properties


def up(
    project: Project, directory: Path, progress: Progress, *, refreshed: bool = False
) -> Properties:
    """Deploy the stack; return its outputs, also left in `directory` (see service.outputs).

    `refreshed` first takes over into the state what AWS holds, so that what was changed by hand is
    put right. One run per process: the SDK keeps its settings in module state. Raises EngineError.
    """
    state = State.load(directory / STATE)
    aws = Aws(project.region)
    if refreshed:
        _take_over(aws, state)
    left = _run(project, Steps(aws, state, progress, dry_run=False))
    left_outputs.write(directory, left)
    return left


def preview(
    project: Project, directory: Path, progress: Progress, *, refreshed: bool = False
) -> None:
    """Tell `progress` what `up` would do, and do nothing. Raises EngineError."""
    state = State.load(directory / STATE).scratch()
    aws = Aws(project.region)
    if refreshed:
        _take_over(aws, state)
    _run(project, Steps(aws, state, progress, dry_run=True), dry_run=True)


def refresh(project: Project, directory: Path, *, write: bool = True) -> list[Drift]:
    """Compare AWS with the state, which takes over what AWS holds unless `write` is False."""
    state = State.load(directory / STATE)
    return _take_over(Aws(project.region), state if write else state.scratch())


def held(project: Project, directory: Path) -> dict[str, Properties]:
    """Return what AWS holds of each of the state's resources, by `Type name`: {} where it is gone.

    Arguments alone, read from AWS alone; those that are not the program's are left out.
    """
    aws, found = Aws(project.region), {}
    for kept in State.load(directory / STATE).kept:
        record = kept.record
        if record.custom:
            provider = known(record)
            read = provider.read(aws, record.id, {}) or {}
            asked = provider.arguments.keys() - {*record.ignored}
            arguments = {key: value for key, value in sorted(read.items()) if key in asked}
            found[f"{record.type.rpartition(':')[2]} {record.name}"] = arguments
    return found


def left_open(directory: Path) -> list[Pending]:
    """Return the calls to AWS whose end no deployment recorded; raises EngineError."""
    return list(State.load(directory / STATE).pending)


def recover(project: Project, directory: Path) -> list[tuple[Pending, bool]]:
    """Settle what a killed or refused deployment left open; return each and whether AWS has it.

    What was created is taken into the state, what was not is forgotten, what was being updated is
    updated again, and everything is read anew: the next deployment can go on. Raises EngineError.
    """
    state = State.load(directory / STATE)
    aws = Aws(project.region)
    begun = [*state.pending, *refused(state)]
    for note in begun:
        before = state.get(note.urn)
        if note.operation == "creating" and (found := _found(aws, state, note.record)):
            made = replace(note.record, id=found["id"], outputs=found)
            state.settled = len(state.kept)
            anew = before is not None and not before.replacing
            state.settle(note.urn, made, note.urn, stands_for=anew)
        elif note.operation == "updating" and before:
            again = known(before).interrupted(before.outputs)
            state.put(note.urn, replace(before, outputs=again, errors=[]))
        if note in state.pending:
            state.pending.remove(note)
        state.save()
    if begun:
        _take_over(aws, state)
    return [(note, state.get(note.urn) is not None) for note in begun]


def refused(state: State) -> list[Pending]:
    """Return the updates that AWS refused half-way: the state has all of them as done."""
    records = [(urn, record) for urn in state.urns() if (record := state.get(urn))]
    return [Pending("updating", urn, record) for urn, record in records if record.errors]


def destroy(project: Project, directory: Path, progress: Progress) -> None:
    """Delete everything in the stack's state, dependants first; raises EngineError."""
    state = State.load(directory / STATE)
    _delete(Steps(Aws(project.region), state, progress, dry_run=False), Graph(state.kept))
    left_outputs.forget(directory)


def outputs(directory: Path) -> Properties:
    """Return what the last deployment left in `directory`, nothing before the first."""
    path = directory / left_outputs.FILE
    found: Properties = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def forget(directory: Path) -> None:
    """Drop the state: AWS is a new one, in which nothing is deployed."""
    (directory / STATE).unlink(missing_ok=True)
    left_outputs.forget(directory)


def _run(project: Project, steps: Steps, *, dry_run: bool = False) -> Properties:
    monitor, before = Monitor(steps), Graph(steps.state.kept)
    try:
        run_program(project, monitor, dry_run=dry_run)
    except Exception as error:
        raise sentence(monitor.failure or error) from error
    _delete(steps, before)
    return monitor.outputs


def run_program(project: Project, monitor: Monitor, *, dry_run: bool = False) -> None:
    """Do as the SDK's own executable does: configuration, settings, then the program in a stack."""
    set_all_config(dict(project.config))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=monitor,
            engine=MockEngine(logging.getLogger("pulumi")),
            project=project.name,
            stack=project.stack,
            dry_run=dry_run,
        )
    )
    try:
        loop.run_until_complete(run_in_stack(lambda: _program(project)))
    finally:
        _end(loop)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed program left: the SDK would await it in the next run of this process."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    SETTINGS.outputs.clear()
    loop.close()


def _program(project: Project) -> None:
    runpy.run_path(str(project.program), run_name="__main__")


def _delete(steps: Steps, before: Graph) -> None:
    """Delete what is no longer registered and what was replaced, dependants first.

    As with Pulumi, what is protected stays with all that it needs; the rest goes, and then it is
    said. After any other refusal nothing further is begun.
    """
    state, said, needed = steps.state, list[str](), set[Kept]()
    for level in before.levels(state.left):
        protected = set[Kept]()
        for kept in level:
            if kept in needed:
                continue
            try:
                refuse_protected(kept.record)
            except EngineError as error:
                said.append(str(error))
                protected.add(kept)
                continue
            try:
                steps.delete(kept.urn, kept.record)
            except EngineError as error:
                raise EngineError(" ".join([str(sentence(error)), *said])) from error
            state.remove(kept)
        needed |= {other for kept in protected for other in before.needed(kept)}
    state.save()
    if said:
        raise EngineError(" ".join(said))


def _take_over(aws: Aws, state: State) -> list[Drift]:
    """Read every resource anew into the state; return what AWS held otherwise."""
    found = []
    for kept in list(state.kept):
        if not kept.record.custom or kept.record.replacing:
            continue
        after, drift = _reread(aws, kept.record)
        found += drift
        if after is None:
            state.forget(kept)
        elif after != kept.record:
            kept.record = after
            state.save()
    return found


def _reread(aws: Aws, record: Record) -> tuple[Record | None, list[Drift]]:
    """Return the record as AWS holds it, None where it is gone, and what is otherwise."""
    provider = known(record)
    try:
        held = provider.read(aws, record.id, record.outputs)
    except EngineError as error:
        raise sentence(error) from error
    if held is None:
        return None, [Drift(record.type, record.name, record.outputs, {})]
    changed = differences(record, held)
    inputs = provider.inputs(record.inputs, held) if changed else record.inputs
    after = replace(record, inputs=inputs, outputs=held, errors=[])
    was = {key: record.outputs.get(key) for key in changed}
    return after, [Drift(record.type, record.name, was, changed)] if changed else []


def _found(aws: Aws, state: State, record: Record) -> Properties | None:
    """Return what AWS holds under the name that was to be created; None where there is nothing.

    What another record has already was not made by the call that was interrupted.
    """
    provider = known(record)
    try:
        id_ = provider.identify(aws, record.inputs)
        found = provider.read(aws, id_, record.inputs) if id_ else None
    except EngineError as error:
        raise sentence(error) from error
    others = [other for urn in state.urns() if (other := state.get(urn))]
    taken = {other.id for other in others if other.type == record.type and not other.replacing}
    return None if found is None or found["id"] in taken else found


def refuse_protected(record: Record) -> None:
    """Raise EngineError where the stack says that the resource must not be deleted.

    What was replaced may go: that it may be replaced was asked before.
    """
    if record.protect and not record.replaced and not record.replacing:
        raise EngineError(
            f"{record.type} '{record.name}' is protected and would be deleted: "
            "take its protection away in a deployment of its own first."
        )


def sentence(error: Exception) -> EngineError:
    """Return what went wrong as one sentence."""
    if isinstance(error.__cause__, BotoCoreError) and unreachable(error.__cause__):
        where = os.environ.get("AWS_ENDPOINT_URL", "its public endpoints")
        return EngineError(f"AWS at {where} cannot be reached: see that it runs.")
    if isinstance(error, EngineError):
        return error
    if isinstance(error, pulumi.RunError):
        return EngineError(str(error))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())
    return EngineError(
        f"The program failed with {type(error).__name__}: {text} ({frame.filename}:{frame.lineno})."
    )
