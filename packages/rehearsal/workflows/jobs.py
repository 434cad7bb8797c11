"""One job, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.workflows import actions, definition, filecommands
from rehearsal.workflows.actions import ActionError, Call
from rehearsal.workflows.definition import OWN
from rehearsal.workflows.github import DefinitionError, Scope, Status
from rehearsal.workflows.machine import Machine, RunnerLostError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rehearsal.workflows.definition import Job, Step
    from rehearsal.workflows.github import Tree
    from rehearsal.workflows.hosting import Run


@dataclass(frozen=True, slots=True)
class StepRun:
    """What became of a step: success, failure, cancelled or skipped."""

    name: str
    outcome: str
    seconds: float
    is_run: bool
    log: Path


@dataclass(slots=True)
class JobRun:
    """What became of a job, likewise."""

    name: str
    result: str
    steps: list[StepRun] = field(default_factory=list)
    summary: str = ""


@dataclass(slots=True)
class _Progress:
    """The contexts `steps` and `job`; a composite action has its own of the first."""

    steps: dict[str, Any] = field(default_factory=dict)
    status: str = "success"


class ReadyJob:
    """A job that may begin; `known` are the contexts that it has (inputs, needs, matrix)."""

    def __init__(
        self, run: Run, workflow: definition.Workflow, job: Job, known: Mapping[str, Any]
    ) -> None:
        self.run, self.workflow, self.job = run, workflow, job
        github = run.context(workflow.name, job.permissions)
        self.contexts: dict[str, Any] = {"github": github, "vars": run.hosting.variables, **known}
        scope = Scope(self.contexts)
        self.name = scope.text(job.name)
        said = _name_of(job.environment)
        self.environment = None if said is None else scope.text(said)
        self.group: dict[str, Any] | None = scope.value(job.concurrency)
        """`concurrency`, its expressions evaluated."""


class Execution:
    """A job on its machine, under its whole name."""

    def __init__(self, ready: ReadyJob, name: str) -> None:
        self._run, self._job = ready.run, ready.job
        self._environment = ready.environment
        hosting = self._run.hosting
        given = hosting.environment(ready.environment).variables
        self._contexts = {**ready.contexts, "vars": {**hosting.variables, **given}}
        self._outer = _Progress()
        logs = hosting.root / "runs" / str(self._run.number) / "logs" / name.replace("/", "-")
        self._machine = Machine(self._run, self._job, ready.workflow.path, ready.environment, logs)
        self._result = JobRun(name, "success")

    def execute(self) -> JobRun:
        """Every step in order; those that do not run are skipped."""
        self._machine.boot()
        try:
            self._machine.env = self._texts(self._job.env, self._outer)
            self._steps(self._job.steps, self._outer)
            if self._outer.status == "success":
                for post in reversed(self._machine.posts):
                    post()
        except RunnerLostError:
            self._outer.status = "failure"
        finally:
            self._machine.halt()
        self._deploy()
        self._result.result = self._outer.status
        self._result.summary = self._machine.summary
        return self._result

    def stop(self) -> None:
        """Cancel it while it runs."""
        self._machine.stopped = True

    def _steps(self, steps: tuple[Step, ...], progress: _Progress) -> None:
        for step in steps:
            began = time.monotonic()
            outputs: dict[str, str] = {}
            env = self._texts(step.env, progress)
            shared = self._machine.env
            scope = self._scope(progress, shared | env)
            outcome = "skipped"
            if scope.holds(step.condition):
                outcome = self._step(step, scope, env, outputs)
            if outcome != "skipped" and progress.status == "success":
                progress.status = outcome
            if step.id:
                progress.steps[step.id] = {
                    "outcome": outcome, "conclusion": outcome, "outputs": outputs,
                }  # fmt: skip
            seconds = time.monotonic() - began
            log = self._machine.log(step)
            self._result.steps.append(
                StepRun(step.name, outcome, seconds, step.run is not None, log)
            )

    def _step(self, step: Step, scope: Scope, env: dict[str, str], outputs: dict[str, str]) -> str:
        if step.run is not None:
            return self._script(step, scope.text(step.run), env, outputs)
        given = scope.texts(step.given)
        if step.uses and step.uses.startswith(OWN):
            return self._composite(step, step.uses.removeprefix(OWN), given)
        call = Call(self._machine, self._job.permissions, given, outputs)
        try:
            actions.perform(step.uses or "", call)
        except ActionError as error:
            self._note(step, f"{error}\n")
            return "failure"
        self._note(step, call.said)
        return "success"

    def _script(self, step: Step, script: str, env: dict[str, str], outputs: dict[str, str]) -> str:
        outcome, files = self._machine.execute(step, script, env)
        try:
            outputs |= filecommands.pairs(files.read("GITHUB_OUTPUT"))
            self._machine.absorb(files)
        except filecommands.FileCommandError as error:
            self._note(step, f"{error}\n")
            return "failure"
        return outcome

    def _composite(self, step: Step, path: str, given: Mapping[str, str]) -> str:
        action = definition.load_action(self._run.source, path)
        if unknown := given.keys() - action.inputs.keys():
            raise DefinitionError(f"{step.uses} has no input {', '.join(sorted(unknown))}")
        defaults = self._texts(
            {name: said.get("default", "") for name, said in action.inputs.items()}, self._outer
        )
        outer, self._contexts["inputs"] = self._contexts["inputs"], {**defaults, **given}
        inner = _Progress()
        self._steps(action.steps, inner)
        self._contexts["inputs"] = outer
        return inner.status

    def _scope(self, progress: _Progress, env: Mapping[str, str] | None = None) -> Scope:
        contexts = {
            **self._contexts,
            "env": dict(env or {}),
            "steps": progress.steps,
            "job": {"status": progress.status},
        }
        stopped = self._machine.stopped
        good, bad = progress.status == "success", progress.status == "failure"
        cancelled = stopped or progress.status == "cancelled"
        status = Status(good and not stopped, bad, cancelled)
        return Scope(contexts, status, self._machine.workspace)

    def _texts(self, values: Mapping[str, Any], progress: _Progress) -> dict[str, str]:
        return self._scope(progress, self._machine.env).texts(values)

    def _deploy(self) -> None:
        """Note the deployment with its link, as GitHub shows it, unless the job wants none."""
        said = self._job.environment
        further = said if isinstance(said, dict) and "name" in said else {}
        if self._environment is not None and further.get("deployment", True):
            scope = self._scope(self._outer, self._machine.env)
            link = scope.text(further.get("url", ""))
            self._run.hosting.deployments.append((self._environment, link))

    def _note(self, step: Step, text: str) -> None:
        with self._machine.log(step).open("a", encoding="utf-8") as log:
            log.write(text)


def _name_of(environment: Tree) -> Tree:
    named = isinstance(environment, dict) and "name" in environment
    return environment["name"] if named else environment


def combined(results: Iterable[str]) -> str:
    """What several jobs come to: the worst of them."""
    found = set(results)
    return next((one for one in ("failure", "cancelled", "success") if one in found), "skipped")
