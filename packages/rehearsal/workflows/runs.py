"""One run of a workflow: its jobs as they need each other, and the workflows that they call.

A run goes on until every job that is left waits: for its concurrency group, or for a reviewer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.workflows.definition import OWN, Workflow, inputs_of, load_workflow
from rehearsal.workflows.filters import may_deploy, starts
from rehearsal.workflows.github import DefinitionError, Scope, Status, source
from rehearsal.workflows.hosting import LEVELS, allows
from rehearsal.workflows.jobs import Execution, JobRun, ReadyJob, combined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.workflows.definition import Job
    from rehearsal.workflows.hosting import Hosting, Run


@dataclass(slots=True, eq=False)
class WorkflowRun:
    """What became of a run: its jobs in order, those of called workflows as `caller / job`."""

    run: Run
    path: str
    jobs: list[JobRun] = field(default_factory=list)
    _level: _Level | None = None
    _busy: bool = False

    def begin(self) -> None:
        """Take the event; DefinitionError for one that the workflow is not for."""
        run, workflow = self.run, load_workflow(self.run.source, self.path)
        if run.event not in workflow.events:
            raise DefinitionError(f"{self.path} is not started by {run.event}")
        if run.event == "push" and not starts(workflow.events["push"], run.ref, run.changed):
            return
        inputs = inputs_of(workflow, run.event, run.inputs)
        self._level = _Level(run, workflow, inputs, self.jobs)
        if workflow.concurrency is not None:
            github = run.context(workflow.name, {})
            contexts = {"github": github, "inputs": inputs, "vars": run.hosting.variables}
            _enter(run, Scope(contexts).value(workflow.concurrency), self)

    @property
    def started(self) -> bool:
        """Whether its event starts it at all."""
        return self._level is not None

    @property
    def done(self) -> bool:
        """Whether no job is left."""
        return self._level is None or self._level.done

    @property
    def result(self) -> str:
        """success, failure, cancelled, or waiting."""
        if not self.done:
            return "waiting"
        found = combined(job.result for job in self.jobs)
        return "cancelled" if found == "skipped" and self.run.cancelled else found

    def results(self) -> dict[str, str]:
        """Each job's result by its name; `waiting` for those that wait."""
        waiting = self._level.waiting() if self._level else []
        return {job.name: job.result for job in self.jobs} | dict.fromkeys(waiting, "waiting")

    def advance(self) -> bool:
        """Do what can be done; whether anything was."""
        if self.done or self._busy or not self._level or not self.run.hosting.groups.holds(self):
            return False
        self._busy = True
        try:
            return self._level.advance()
        finally:
            self._busy = False
            self._leave()

    def approve(self, environment: str) -> None:
        """A reviewer lets every job in that waits for the environment."""
        if self._level:
            self._level.approve(environment)

    def cancel(self) -> None:
        """Stop what runs, give up what waits; a run that waits as a whole does nothing at all."""
        groups, self.run.cancelled = self.run.hosting.groups, True
        if self._level and groups.holds(self):
            self._level.cancel()
        elif self._level:
            self._level.give_up()
        self._leave()

    def _leave(self) -> None:
        if self.done:
            self.run.hosting.groups.leave(self)


@dataclass(slots=True, eq=False)
class _Part:
    """One job with its matrix's values."""

    ready: ReadyJob
    name: str
    record: list[JobRun]
    state: str = "new"
    """new, queued, waiting (for a reviewer), running or done."""
    result: str = ""
    execution: Execution | None = None
    approved: bool = False

    @property
    def done(self) -> bool:
        return self.state == "done"

    def advance(self) -> bool:
        run = self.ready.run
        if self.state == "new":
            if run.left_out(self.name):
                return self._end("success")
            if self.ready.group:
                _enter(run, self.ready.group, self)
            self.state = "queued"
            return True
        if self.state not in ("queued", "waiting") or not run.hosting.groups.holds(self):
            return False
        environment = run.hosting.environment(self.ready.environment)
        if not may_deploy(environment.branches, run.ref):
            self.record.append(JobRun(self.name, "failure"))
            return self._end("failure")
        if environment.reviewed and not self.approved:
            changed, self.state = self.state != "waiting", "waiting"
            return changed
        self.state, self.execution = "running", Execution(self.ready, self.name)
        found = self.execution.execute()
        self.record.append(found)
        return self._end(found.result)

    def approve(self, environment: str) -> None:
        self.approved |= self.state == "waiting" and self.ready.environment == environment

    def waiting(self) -> list[str]:
        return [self.name] if self.state in ("queued", "waiting") else []

    def cancel(self) -> None:
        if self.execution and self.state == "running":
            self.execution.stop()
        elif not self.done:
            self.record.append(JobRun(self.name, "cancelled"))
            self._end("cancelled")

    def _end(self, result: str) -> bool:
        self.state, self.result = "done", result
        self.ready.run.hosting.groups.leave(self)
        return True


@dataclass(slots=True, eq=False)
class _Level:
    """The jobs of one workflow: of the one that was started, or of one that a job calls."""

    run: Run
    workflow: Workflow
    inputs: Mapping[str, Any]
    record: list[JobRun]
    prefix: str = ""
    results: dict[str, str] = field(default_factory=dict)
    begun: dict[str, list[_Part | _Level]] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.results.keys() == self.workflow.jobs.keys()

    @property
    def result(self) -> str:
        return combined(self.results.values())

    def advance(self) -> bool:
        progressed = False
        for key, job in self.workflow.jobs.items():
            if key in self.results:
                continue
            if key not in self.begun:
                if not self.results.keys() >= set(job.needs):
                    continue
                self._begin(job)
                progressed = True
            for part in self.begun.get(key, []):
                progressed |= part.advance()
            self._close(key)
        return progressed

    def approve(self, environment: str) -> None:
        for part in self._parts():
            part.approve(environment)

    def waiting(self) -> list[str]:
        return [name for part in self._parts() for name in part.waiting()]

    def cancel(self) -> None:
        for part in self._parts():
            part.cancel()
        for key in self.begun:
            self._close(key)

    def give_up(self) -> None:
        for job in self.workflow.jobs.values():
            self._skip(job, "cancelled")

    def _parts(self) -> list[_Part | _Level]:
        return [part for key, parts in self.begun.items() if key not in self.results
                for part in parts]  # fmt: skip

    def _close(self, key: str) -> None:
        parts = self.begun.get(key, [])
        if parts and all(part.done for part in parts):
            result = combined(part.result for part in parts)
            forgiven = result == "failure" and self.workflow.jobs[key].may_fail
            self.results[key] = "success" if forgiven else result

    def _begin(self, job: Job) -> None:
        needs = {name: {"result": self.results[name], "outputs": {}} for name in job.needs}
        known = {"inputs": self.inputs, "needs": needs}
        if not self._scope(job, known).holds(job.condition):
            self._skip(job, "cancelled" if self.run.cancelled else "skipped")
            return
        self.begun[job.key] = [
            self._called(job) if job.uses else self._part(job, {**known, "matrix": matrix})
            for matrix in job.combinations()
        ]

    def _skip(self, job: Job, result: str) -> None:
        self.record.append(JobRun(self.prefix + source(job.name), "skipped"))
        self.results[job.key] = result

    def _part(self, job: Job, known: Mapping[str, Any]) -> _Part:
        ready = ReadyJob(self.run, self.workflow, job, known)
        return _Part(ready, self.prefix + ready.name, self.record)

    def _called(self, job: Job) -> _Level:
        """The workflow that the job calls: it may have no rights that the job does not."""
        if not (job.uses or "").startswith(OWN):
            raise DefinitionError(f"{job.key}: {job.uses} is not executed here")
        called = load_workflow(self.run.source, (job.uses or "").removeprefix(OWN))
        if called.concurrency is not None:
            raise DefinitionError(f"{called.path}: a called workflow's group is not executed here")
        for inner in called.jobs.values():
            _check_rights(called.path, inner, job)
        given = Scope({"inputs": self.inputs}).texts(job.given)
        inputs = inputs_of(called, "workflow_call", given)
        name = f"{self.prefix}{source(job.name)} / "
        return _Level(self.run, called, inputs, self.record, name)

    def _scope(self, job: Job, known: Mapping[str, Any]) -> Scope:
        run = self.run
        earlier = [self.results[name] for name in self._ancestors(job)]
        good = not run.cancelled and all(result == "success" for result in earlier)
        status = Status(good, "failure" in earlier, run.cancelled)
        github = run.context(self.workflow.name, {})
        return Scope({"github": github, "vars": run.hosting.variables, **known}, status)

    def _ancestors(self, job: Job) -> set[str]:
        jobs = self.workflow.jobs
        return set(job.needs).union(*(self._ancestors(jobs[name]) for name in job.needs))


def run_workflow(run: Run, path: str) -> WorkflowRun:
    """Execute a workflow of the run's commit as its event asks, and whatever it lets go on."""
    found = WorkflowRun(run, path)
    found.begin()
    run.hosting.open.append(found)
    proceed(run.hosting)
    return found


def proceed(hosting: Hosting) -> None:
    """Let every run do what it can, until all that are left wait."""
    try:
        while any(one.advance() for one in hosting.open):
            pass
    except DefinitionError:
        hosting.open.clear()
        raise
    hosting.open[:] = [one for one in hosting.open if not one.done]


def _check_rights(path: str, inner: Job, caller: Job) -> None:
    for scope, level in inner.permissions.items():
        if level not in LEVELS or not allows(caller.permissions, scope, level):
            raise DefinitionError(
                f"{path}: {inner.key} asks for {scope}: {level}, which {caller.key} lacks"
            )


def _enter(run: Run, group: Mapping[str, Any], member: WorkflowRun | _Part) -> None:
    queue, cancels = group.get("queue", "single"), group.get("cancel-in-progress", False)
    run.hosting.groups.enter(group["group"], member, queue=queue, cancels=cancels)
