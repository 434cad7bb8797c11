"""A repository of small workflows."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any

from rehearsal.workflows.hosting import Environment, Hosting, Run
from rehearsal.workflows.runs import WorkflowRun, run_workflow

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
name: small
on: {on}
permissions: {{}}
defaults: {{run: {{shell: bash}}}}
jobs:
"""
ENVIRONMENTS = {
    "dev": Environment({"REGION": "r"}),
    "reviewed": Environment(reviewed=True),
    "main": Environment(branches=["main"]),
    "pulls": Environment(branches=["main", "refs/pull/*/merge"]),
}
WORKFLOW = ".github/workflows/w.yml"
BY_HAND = "{workflow_dispatch: {inputs: {what: {type: string, default: x}}}}"


class Small:
    """A repository whose one commit holds small workflows."""

    def __init__(self, root: Path) -> None:
        image = {"PATH": os.environ["PATH"]}
        self.hosting = Hosting(root, root / "origin", ENVIRONMENTS, {}, image)
        self._files = root / "commits" / "sha"

    def write(self, path: str, text: str) -> None:
        """Put a file into the commit."""
        place = self._files / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, jobs: str, on: str = BY_HAND, event: str = "workflow_dispatch", **more: Any
            ) -> WorkflowRun:  # fmt: skip
        """Execute a workflow with these jobs."""
        body = textwrap.indent(textwrap.dedent(jobs), "  ")
        self.write(WORKFLOW, HEAD.format(on=on) + body)
        given = {"ref": "refs/heads/main", **more}
        return run_workflow(Run(self.hosting, event, "sha", **given), WORKFLOW)

    def outcomes(self, steps: str, **more: Any) -> list[str]:
        """What becomes of the steps of one job."""
        job = "j:\n  runs-on: ubuntu-24.04\n  steps:\n" + textwrap.indent(
            textwrap.dedent(steps), "    "
        )
        (done,) = self.run(job, **more).jobs
        return [step.outcome for step in done.steps]
