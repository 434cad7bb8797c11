"""Workflow and action files as this executor takes them.

GitHub's own packages have parsed and checked them; what they allow and is not executed here is
refused by its name, at any depth.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.workflows import github
from rehearsal.workflows.github import DefinitionError, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OWN = "$/"
"""What `uses` of a file of the same repository, at the same commit, begins with."""

_SHELLS = {
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
    None: ["bash", "-e"],
}
"""https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, `shell`."""

_ANY: Mapping[str, Any] = {}
"""Whatever stands there, at any depth, is executed."""

_INPUTS = {"*": dict.fromkeys(("description", "type", "options", "required", "default"), _ANY)}
_RUN_STEP = dict.fromkeys(("name", "id", "if", "env", "run", "shell", "uses", "with"), _ANY)
_CONCURRENCY = dict.fromkeys(("group", "cancel-in-progress", "queue"), _ANY)
_JOB = {
    **dict.fromkeys(("name", "needs", "if", "permissions", "env", "uses", "with"), _ANY),
    **dict.fromkeys(("runs-on", "timeout-minutes", "continue-on-error"), _ANY),
    "strategy": {"fail-fast": _ANY, "matrix": _ANY},
    "concurrency": _CONCURRENCY,
    "environment": {"name": _ANY, "url": _ANY, "deployment": _ANY},
    "steps": _RUN_STEP,
}
_WORKFLOW = {
    "name": _ANY,
    "on": {
        "push": {"branches": _ANY, "paths-ignore": _ANY},
        "pull_request": {"branches": _ANY},
        "merge_group": {},
        "schedule": {"cron": _ANY},
        "workflow_dispatch": {"inputs": _INPUTS},
        "workflow_call": {"inputs": _INPUTS},
    },
    "permissions": _ANY,
    "concurrency": _CONCURRENCY,
    "defaults": {"run": {"shell": _ANY}},
    "jobs": {"*": _JOB},
}
_ACTION = {
    **dict.fromkeys(("name", "description"), _ANY),
    "inputs": {"*": {"description": _ANY, "default": _ANY}},
    "runs": {"using": _ANY, "steps": _RUN_STEP},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `run` by `shell` (a command that takes a script), or `uses` with `given`."""

    name: str
    id: str | None
    condition: Tree
    env: Mapping[str, Tree]
    run: Tree = None
    shell: tuple[str, ...] = ()
    uses: str | None = None
    given: Mapping[str, Tree] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One job: `steps` on a machine, or `uses` another workflow with `given`."""

    key: str
    name: Tree
    needs: tuple[str, ...]
    condition: Tree
    permissions: Mapping[str, str]
    env: Mapping[str, Tree]
    matrix: Mapping[str, list[Any]]
    concurrency: Tree
    environment: Tree = None
    timeout_minutes: float = 360
    may_fail: bool = False
    """A failure is shown, and counts for nothing."""
    steps: tuple[Step, ...] = ()
    uses: str | None = None
    given: Mapping[str, Tree] = field(default_factory=dict)

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
    concurrency: Tree
    jobs: Mapping[str, Job]


@dataclass(frozen=True, slots=True)
class Action:
    """A composite action."""

    inputs: Mapping[str, Any]
    steps: tuple[Step, ...]


def load_workflow(root: Path, path: str) -> Workflow:
    """Read a workflow of the commit that is unpacked in `root`; raises DefinitionError."""
    content = github.load(root, path)
    if not isinstance(content["on"], dict):
        named = content["on"]
        content["on"] = dict.fromkeys([named] if isinstance(named, str) else named)
    _refuse_unknown(path, content, _WORKFLOW)
    shell = content.get("defaults", {}).get("run", {}).get("shell")
    rights = content.get("permissions")
    jobs = {key: _job(f"{path}:{key}", key, job, shell, rights)
            for key, job in content["jobs"].items()}  # fmt: skip
    name, concurrency = content.get("name", path), _concurrency(content)
    return Workflow(path, name, content["on"], concurrency, jobs)


def load_action(root: Path, path: str) -> Action:
    """Read a composite action of that commit; raises DefinitionError."""
    content = github.load(root, f"{path}/action.yml")
    if content["runs"]["using"] != "composite":
        raise DefinitionError(f"{path}: only composite actions are executed here")
    _refuse_unknown(path, content, _ACTION)
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
        if said.get("required") and name not in given:
            raise DefinitionError(f"{workflow.path}: the input {name} is required")
        found[name] = given.get(name, said.get("default", ""))
        kind = said.get("type", "string")
        if kind == "choice" and found[name] not in said["options"]:
            raise DefinitionError(f"{workflow.path}: {name} offers no {found[name]!r}")
        if kind not in ("choice", "string"):
            raise DefinitionError(f"{workflow.path}: inputs of type {kind} are not known")
    return found


def _job(where: str, key: str, job: Tree, shell: str | None, rights: Tree) -> Job:
    strategy = job.get("strategy", {})
    if strategy and strategy.get("fail-fast") is not False:
        raise DefinitionError(f"{where}: a matrix is executed one after the other: no fail-fast")
    if "exclude" in strategy.get("matrix", {}):
        raise DefinitionError(f"{where}: strategy.matrix.exclude is not executed here")
    permissions = job.get("permissions", rights)
    if not isinstance(permissions, dict):
        raise DefinitionError(f"{where}: name the job's permissions; GitHub's default is a setting")
    needs = job.get("needs", [])
    return Job(
        key=key,
        name=job.get("name", key),
        needs=tuple([needs] if isinstance(needs, str) else needs),
        condition=job.get("if"),
        permissions=permissions,
        env=job.get("env", {}),
        matrix=strategy.get("matrix", {}),
        concurrency=_concurrency(job),
        environment=job.get("environment"),
        timeout_minutes=job.get("timeout-minutes", 360),
        may_fail=_said(where, job.get("continue-on-error", False)),
        steps=tuple(_step(where, step, shell) for step in job.get("steps", [])),
        uses=job.get("uses"),
        given=job.get("with", {}),
    )


def _said(where: str, value: Tree) -> bool:
    if not isinstance(value, bool):
        raise DefinitionError(f"{where}: continue-on-error is true or false here: {value}")
    return value


def _concurrency(content: Tree) -> Tree:
    said = content.get("concurrency")
    return said if said is None or (isinstance(said, dict) and "group" in said) else {"group": said}


def _step(where: str, step: Tree, shell: str | None) -> Step:
    name = github.source(step.get("name") or step.get("run") or step.get("uses"))
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


def _refuse_unknown(where: str, tree: Tree, known: Mapping[str, Any]) -> None:
    if known is _ANY or github.is_expression(tree):
        return
    if isinstance(tree, list):
        for part in tree:
            _refuse_unknown(where, part, known)
    if isinstance(tree, dict):
        for key, part in tree.items():
            if (inner := known.get(key, known.get("*"))) is None:
                raise DefinitionError(f"{where}: {key} is not executed here")
            _refuse_unknown(f"{where}.{key}", part, inner)
