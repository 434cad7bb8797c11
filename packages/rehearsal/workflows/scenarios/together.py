"""Two pull requests that are right alone and wrong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.workflows.scenarios.deploying import AFTER_DEV, BUILD, TELL, start
from rehearsal.workflows.scenarios.seen import Seen, watch

if TYPE_CHECKING:
    from rehearsal.workflows.runs import WorkflowRun
    from rehearsal.workflows.world import World

LINT = "checks / lint on Python 3.11"
QUEUED = {
    LINT: "failure", "artifact": "success", "preview of ${{ matrix.stack }}": "skipped",
    "comment on ${{ matrix.stack }}": "skipped", "all green": "failure",
}  # fmt: skip
UNCHECKED = {LINT: "failure", BUILD: "success", "dev": "skipped", **AFTER_DEV, TELL: "success"}
ROUNDING = '''"""Rounding."""
{import_}

def up(value: float) -> int:
    """Round up."""
    return {up}
{down}'''
DOWN = '''

def down(value: float) -> int:
    """Round down."""
    return math.floor(value)
'''
ALONE = {
    "first": {"import_": "", "up": "int(-(-value // 1))", "down": ""},
    "second": {"import_": "\nimport math\n", "up": "math.ceil(value)", "down": DOWN},
}
"""Neither is wrong: one needs the import no longer, the other one more time."""
TOGETHER = {**ALONE["first"], "down": DOWN}


def broken_together(world: World) -> Seen:
    """Two pull requests, each green alone, break together: queue and release stop them."""
    path, before, alone = "packages/cloud/rounding.py", world.source.head(), []
    for change in ("first", "second"):
        world.source.write({path: ROUNDING.format(**ALONE[change])})
        alone.append(_queue(world, world.source.commit(f"Round, the {change}")).result)
    world.source.write({path: ROUNDING.format(**TOGETHER)})
    sha = world.source.commit("Round, both")
    queued = _queue(world, sha)
    seen = watch(world, lambda: start(world, sha, left_out=_all_but_lint))
    seen.expect("each alone", alone, ["success", "success"])
    seen.expect("the queue", queued.results(), QUEUED)
    seen.expect("jobs", seen.run.results(), UNCHECKED)
    seen.failed_at(LINT, 'nox -s "$SESSION"', "F821")
    seen.served()
    world.source.take_back(before, "cloud")
    world.source.commit("Revert rounding")
    return seen


def _queue(world: World, sha: str) -> WorkflowRun:
    """What the merge queue asks before it moves main: lint, of all the checks."""
    ref = "refs/heads/gh-readonly-queue/main/pr-41"
    return world.run("ci.yml", "merge_group", sha, ref=ref, left_out=_all_but_lint)


def _all_but_lint(job: str) -> bool:
    return job.startswith("checks / ") and job != LINT
