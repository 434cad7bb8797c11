"""Workflow and action files as data; what is not understood here is refused, never passed over."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

OWN = "$/"
"""What `uses` of a file of the same repository, at the same commit, begins with."""

_WORKFLOW = {"name", "on", "permissions", "concurrency", "defaults", "jobs"}
_JOB = {"name", "needs", "if", "permissions", "strategy", "concurrency", "env"}
_RUNNING = {"runs-on", "timeout-minutes", "environment", "steps"}
_CALLING = {"uses", "with"}
_STEP = {"name", "id", "if", "env"}
_EVENTS = {"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}
_INPUT = {"description", "type", "options", "required", "default"}
_SHELLS = {
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
    None: ["bash", "-e"],
}
"""https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, `shell`."""


class DefinitionError(Exception):
    """A file that GitHub would refuse, or that says what is not executed here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `run` by `shell` (a command that takes a script), or `uses` with `given`."""

    name: str
    id: str | None
    condition: str | bool | None
    env: Mapping[str, Any]
    run: str | None = None
    shell: tuple[str, ...] = ()
    uses: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `steps` on a machine, or `uses` another workflow with `given`."""

    key: str
    name: str
    needs: tuple[str, ...]
    condition: str | bool | None
    permissions: Mapping[str, str]
    env: Mapping[str, Any]
    matrix: Mapping[str, list[Any]]
    concurrency: Any
    environment: Any = None
    timeout_minutes: float = 360
    steps: tuple[Step, ...] = ()
    uses: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def combinations(self) -> list[dict[str, Any]]:
        """The matrix's combinations; one without members where there is no matrix."""
        listed = {key: values for key, values in self.matrix.items() if key != "include"}
        found = [
            dict(zip(listed, values, strict=True)) for values in itertools.product(*listed.values())
        ]
        for further in self.matrix.get("include", []):
            ours = {key: value for key, value in further.items() if key in listed}
            fitting = [one for one in found if ours.items() <= one.items()]
            for one in fitting:
                one |= further
            found += [] if fitting else [dict(further)]
        return found


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file; `events` by name, as they stand there."""

    path: str
    name: str
    events: Mapping[str, Any]
    permissions: Mapping[str, str]
    concurrency: Any
    jobs: Mapping[str, Job]


@dataclass(frozen=True, slots=True)
class Action:
    """A composite action."""

    inputs: Mapping[str, Any]
    steps: tuple[Step, ...]


def load_workflow(root: Path, path: str) -> Workflow:
    """Read a workflow of the commit that is unpacked in `root`; raises DefinitionError."""
    content = _read(root / path)
    # YAML 1.1 reads the key `on` as true.
    content["on"] = content.pop(True, None)
    _known(path, content, _WORKFLOW)
    events = _events(path, content["on"])
    shell = content.get("defaults", {}).get("run", {}).get("shell")
    _known(f"{path}: defaults", content.get("defaults", {}), {"run"})
    _known(f"{path}: defaults.run", content.get("defaults", {}).get("run", {}), {"shell"})
    jobs = {key: _job(f"{path}:{key}", key, job, shell) for key, job in content["jobs"].items()}
    return Workflow(
        path,
        content["name"],
        events,
        content.get("permissions", {}),
        content.get("concurrency"),
        jobs,
    )


def load_action(root: Path, path: str) -> Action:
    """Read a composite action of that commit; raises DefinitionError."""
    content = _read(root / path / "action.yml")
    _known(path, content, {"name", "description", "inputs", "runs"})
    _known(f"{path}: runs", content["runs"], {"using", "steps"})
    if content["runs"]["using"] != "composite":
        raise DefinitionError(f"{path}: only composite actions are executed here")
    for name, declared in content.get("inputs", {}).items():
        _known(f"{path}: inputs.{name}", declared, {"description", "default"})
    steps = tuple(_step(path, step, None) for step in content["runs"]["steps"])
    return Action(content.get("inputs", {}), steps)


def inputs_of(workflow: Workflow, event: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The `inputs` of a run by hand, or of a call; DefinitionError for what GitHub refuses."""
    if event not in ("workflow_dispatch", "workflow_call"):
        return {}
    declared = (workflow.events[event] or {}).get("inputs", {})
    if unknown := given.keys() - declared.keys():
        raise DefinitionError(f"{workflow.path} declares no input {', '.join(sorted(unknown))}")
    found: dict[str, Any] = {}
    for name, said in declared.items():
        _known(f"{workflow.path}: inputs.{name}", said, _INPUT)
        if said.get("required") and name not in given:
            raise DefinitionError(f"{workflow.path}: the input {name} is required")
        found[name] = given.get(name, said.get("default", ""))
        if said["type"] == "choice" and found[name] not in said["options"]:
            raise DefinitionError(f"{workflow.path}: {name} offers no {found[name]!r}")
        if said["type"] not in ("choice", "string"):
            raise DefinitionError(f"{workflow.path}: inputs of type {said['type']} are not known")
    return found


def _events(path: str, triggers: Any) -> dict[str, Any]:
    events = {triggers: None} if isinstance(triggers, str) else dict(triggers)
    _known(f"{path}: on", events, _EVENTS)
    _known(f"{path}: on.push", events.get("push") or {}, {"branches"})
    return events


def _job(where: str, key: str, job: Mapping[str, Any], shell: str | None) -> Job:
    calls = "uses" in job
    _known(where, job, _JOB | (_CALLING if calls else _RUNNING))
    strategy = job.get("strategy", {})
    _known(f"{where}: strategy", strategy, {"fail-fast", "matrix"})
    if strategy and strategy.get("fail-fast") is not False:
        raise DefinitionError(f"{where}: a matrix is executed one after the other: no fail-fast")
    if "exclude" in strategy.get("matrix", {}):
        raise DefinitionError(f"{where}: strategy.matrix.exclude is not executed here")
    needs = job.get("needs", [])
    return Job(
        key=key,
        name=job.get("name", key),
        needs=tuple([needs] if isinstance(needs, str) else needs),
        condition=job.get("if"),
        permissions=job.get("permissions", {}),
        env=job.get("env", {}),
        matrix=strategy.get("matrix", {}),
        concurrency=job.get("concurrency"),
        environment=job.get("environment"),
        timeout_minutes=job.get("timeout-minutes", 360),
        steps=tuple(_step(where, step, shell) for step in job.get("steps", [])),
        uses=job.get("uses"),
        given=job.get("with", {}),
    )


def _step(where: str, step: Mapping[str, Any], shell: str | None) -> Step:
    name = str(step.get("name") or step.get("run") or step.get("uses"))
    kind = {"run", "shell"} if "run" in step else {"uses", "with"}
    _known(f"{where}: {name}", step, _STEP | kind)
    chosen = step.get("shell", shell)
    if chosen not in _SHELLS:
        raise DefinitionError(f"{where}: {name}: the shell {chosen!r} is not known here")
    return Step(
        name=name.split("@")[0],
        id=step.get("id"),
        condition=step.get("if"),
        env=step.get("env", {}),
        run=step.get("run"),
        shell=tuple(_SHELLS[chosen]),
        uses=step.get("uses"),
        given=step.get("with", {}),
    )


def _known(where: str, content: Iterable[Any], keys: set[str]) -> None:
    unknown = [str(key) for key in content if key not in keys]
    if unknown:
        raise DefinitionError(f"{where}: {', '.join(unknown)} is not executed here")


def _read(path: Path) -> dict[Any, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DefinitionError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise DefinitionError(f"{path} holds no mapping")
    return content
