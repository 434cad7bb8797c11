"""Runs the real program against the monitor, then deletes what it no longer registers."""

from __future__ import annotations

import asyncio
import logging
import runpy
import traceback
from typing import TYPE_CHECKING

import pulumi
from botocore.exceptions import BotoCoreError, ClientError
from pulumi.runtime import configure, run_in_stack, set_all_config
from pulumi.runtime.mocks import MockEngine, MockSettings

from rehearsal.engine.errors import EngineError
from rehearsal.engine.monitor import Monitor, Progress, refusal, refuse_protected
from rehearsal.engine.providers import PROVIDERS
from rehearsal.engine.providers.base import Aws
from rehearsal.engine.state import Properties, State, deletion_order, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.engine.project import Project

STATE = "state.json"
OUTPUTS = "outputs.json"


def up(project: Project, directory: Path, progress: Progress) -> Properties:
    """Deploy the stack; return its outputs, also written to `outputs.json` in `directory`.

    One run per process: the SDK keeps its settings in module state. Raises EngineError.
    """
    state = State.load(directory / STATE)
    aws = Aws(project.region)
    monitor = Monitor(aws, state, progress)
    try:
        run_program(project, monitor)
    except Exception as error:
        raise sentence(monitor.failure or error) from error
    _delete(aws, state, set(state.urns()) - set(monitor.registered), progress)
    write_json(directory / OUTPUTS, monitor.outputs)
    return monitor.outputs


def destroy(project: Project, directory: Path, progress: Progress) -> None:
    """Delete everything in the stack's state, dependants first; raises EngineError."""
    state = State.load(directory / STATE)
    _delete(Aws(project.region), state, set(state.urns()), progress)
    (directory / OUTPUTS).unlink(missing_ok=True)


def forget(directory: Path) -> None:
    """Drop the state: AWS is a new one, in which nothing is deployed."""
    (directory / STATE).unlink(missing_ok=True)
    (directory / OUTPUTS).unlink(missing_ok=True)


def run_program(project: Project, monitor: Monitor) -> None:
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
            dry_run=False,
        )
    )
    try:
        loop.run_until_complete(run_in_stack(lambda: _program(project)))
    finally:
        loop.close()


def _program(project: Project) -> None:
    runpy.run_path(str(project.program), run_name="__main__")


def _delete(aws: Aws, state: State, doomed: set[str], progress: Progress) -> None:
    order = deletion_order(state, doomed)
    records = {urn: record for urn in order if (record := state.get(urn))}
    for record in records.values():
        refuse_protected(record)
    for urn, record in records.items():
        if record.custom and not record.retain_on_delete:
            progress("delete", record.type, record.name)
            try:
                PROVIDERS[record.type].delete(aws, record.outputs)
            except (BotoCoreError, ClientError) as error:
                raise EngineError(refusal("delete", record.type, record.name, error)) from error
        state.remove(urn)


def sentence(error: Exception) -> EngineError:
    """Return what went wrong as one sentence."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, pulumi.RunError):
        return EngineError(str(error))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())
    return EngineError(
        f"The program failed with {type(error).__name__}: {text} ({frame.filename}:{frame.lineno})."
    )
