"""One run of a workflow: its jobs as they need each other, and the workflows that they call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.workflows.definition import OWN, inputs_of, load_workflow
from rehearsal.workflows.github import DefinitionError, Scope, Status, source
from rehearsal.workflows.hosting import LEVELS, allows
from rehearsal.workflows.jobs import JobRun, run_job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.workflows.definition import Job, Workflow
    from rehearsal.workflows.hosting import Run


@dataclass(slots=True)
class WorkflowRun:
    """What became of a run: its jobs in order, those of called workflows as `caller / job`."""

    jobs: list[JobRun] = field(default_factory=list)

    @property
    def result(self) -> str:
        """success, failure or cancelled."""
        return _combined([job.result for job in self.jobs if job.result != "skipped"])

    def results(self) -> dict[str, str]:
        """Each job's result by its name."""
        return {job.name: job.result for job in self.jobs}


def run_workflow(run: Run, path: str) -> WorkflowRun:
    """Execute a workflow of the run's commit, as its event asks."""
    workflow = load_workflow(run.source, path)
    if run.event not in workflow.events:
        raise DefinitionError(f"{path} is not started by {run.event}")
    branches = (workflow.events[run.event] or {}) if run.event == "push" else {}
    if branches and run.ref not in {f"refs/heads/{name}" for name in branches["branches"]}:
        raise DefinitionError(f"{path} is not started by a push to {run.ref}")
    inputs = inputs_of(workflow, run.event, run.inputs)
    found = WorkflowRun()
    _jobs(run, workflow, inputs, found, "")
    return found


def _jobs(
    run: Run, workflow: Workflow, inputs: Mapping[str, Any], found: WorkflowRun, prefix: str
) -> list[str]:
    """Execute the jobs in the order of their needs; returns their results."""
    results: dict[str, str] = {}
    waiting = dict(workflow.jobs)
    if workflow.concurrency is not None:
        github = run.context(workflow.name, {})
        Scope({"github": github, "inputs": inputs}).text(workflow.concurrency["group"])
    while waiting:
        ready = next(job for job in waiting.values() if not set(job.needs) & waiting.keys())
        job = waiting.pop(ready.key)
        results[job.key] = _job(run, workflow, job, inputs, results, found, prefix)
    return list(results.values())


def _job(
    run: Run,
    workflow: Workflow,
    job: Job,
    inputs: Mapping[str, Any],
    results: Mapping[str, str],
    found: WorkflowRun,
    prefix: str,
) -> str:
    if run.only and not prefix and job.key not in run.only:
        return "success"
    needs = {name: {"result": results[name], "outputs": {}} for name in job.needs}
    known = {"inputs": inputs, "needs": needs}
    earlier = [results[name] for name in _ancestors(workflow, job)]
    if not _scope(run, workflow, earlier, known).holds(job.condition):
        found.jobs.append(JobRun(prefix + source(job.name), "skipped"))
        return "cancelled" if run.cancelled else "skipped"
    ends: list[str] = []
    for matrix in job.combinations():
        if job.uses:
            ends += _called(run, job, inputs, found)
        else:
            done = run_job(run, workflow, job, known | {"matrix": matrix})
            done.name = prefix + done.name
            found.jobs.append(done)
            ends.append(done.result)
    return _combined(ends)


def _called(run: Run, job: Job, inputs: Mapping[str, Any], found: WorkflowRun) -> list[str]:
    """Execute the workflow that the job calls: it may have no rights that the job does not."""
    if not (job.uses or "").startswith(OWN):
        raise DefinitionError(f"{job.key}: {job.uses} is not executed here")
    called = load_workflow(run.source, (job.uses or "").removeprefix(OWN))
    for inner in called.jobs.values():
        for scope, level in inner.permissions.items():
            if level not in LEVELS or not allows(job.permissions, scope, level):
                raise DefinitionError(
                    f"{called.path}: {inner.key} asks for {scope}: {level}, which {job.key} lacks"
                )
    given = Scope({"inputs": inputs}).texts(job.given)
    return _jobs(run, called, inputs_of(called, "workflow_call", given), found, f"{job.key} / ")


def _scope(run: Run, workflow: Workflow, earlier: list[str], known: Mapping[str, Any]) -> Scope:
    good = not run.cancelled and all(result == "success" for result in earlier)
    status = Status(good, "failure" in earlier, run.cancelled)
    github = run.context(workflow.name, {})
    return Scope({"github": github, "vars": {}, **known}, status)


def _ancestors(workflow: Workflow, job: Job) -> set[str]:
    found = set(job.needs)
    for name in job.needs:
        found |= _ancestors(workflow, workflow.jobs[name])
    return found


def _combined(results: list[str]) -> str:
    """What several jobs come to: the worst of them."""
    for worst in ("failure", "cancelled", "success"):
        if worst in results:
            return worst
    return "skipped"
