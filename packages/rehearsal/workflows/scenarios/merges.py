"""What is merged, and what deploy.yml must make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reporting.amounts import digest

from rehearsal.workflows.scenarios.deploying import (
    AFTER_DEV,
    APPROVAL,
    APPROVE,
    BUILD,
    CLEAN_UP,
    DEPLOY,
    DEV,
    GOOD,
    PROD,
    ROLLOUT,
    STAGING,
    STOPPED,
    TELL,
    TITLE,
    approved,
    before_prod,
    merge,
    start,
    touch,
)
from rehearsal.workflows.scenarios.observation import Seen, relabel, watch
from rehearsal.workflows.world import STACKS

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


def first_merge(world: World) -> Seen:
    """An account that holds nothing: every stack is deployed; there is nothing to promote over."""
    seen = merge(world, world.base, approve=False)
    waiting = dict.fromkeys((BUILD, DEV, STAGING), "success") | {APPROVE: "waiting"}
    seen.expect("jobs before the approval", seen.run.results(), waiting)
    world.approve(seen.run, APPROVAL)
    seen.after = world.aliases()
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served(dev="1", staging="1", prod="1")
    for job in (DEV, STAGING, PROD):
        seen.says(job, "nothing to promote")
    deployed = [name for name, _ in world.hosting.deployments]
    seen.expect("deployments", deployed, ["dev", "staging", APPROVAL, "prod"])
    world.settle()
    return seen


def docs_only_merge(world: World) -> Seen:
    """What no stack is made of releases nothing, and asks nobody."""
    world.source.write({"README.md": "# Services\n", "docs/a.md": "# A\n"})
    seen = merge(world, world.source.commit("Say it shorter"))
    seen.expect("started", seen.run.started, wanted=False)
    seen.expect("jobs", seen.run.results(), {})
    seen.served()
    return seen


def merge_without_a_change(world: World) -> Seen:
    """The same zip, by a change that might have made another: every job ends well."""
    touch(world)
    seen = merge(world, world.source.commit("Comment on the sessions"))
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served()
    seen.says(PROD, "nothing to promote")
    return seen


def good_merge(world: World) -> Seen:
    """A good change goes through all stacks, each by its gate; the ledger knows its origin."""
    relabel(world, "good")
    sha = world.source.commit("Name the candidate (#41)")
    with world.customers():
        seen = merge(world, sha)
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served(dev="2", staging="2", prod="2")
    seen.says(PROD, "| rollout | 1 | 2 |", "promoted", "OK", "dashboards/dashboard")
    for stack in STACKS:
        record = world.record(stack)
        seen.expect(f"{stack}: commit", record.get("commit"), digest(sha))
        seen.expect(f"{stack}: verdict", record.get("verdict"), "pass")
        seen.expect(f"{stack}: pull requests", world.pull_requests(stack), {"41"})
    return seen


def three_merges(world: World) -> Seen:
    """Three wait for approval and hold nobody up: the newest goes first, the oldest is refused."""
    runs = []
    for name in ("first", "second", "third"):
        relabel(world, name)
        sha = world.source.commit(f"Name the {name}")
        runs.append(start(world, sha, left_out=before_prod))
    oldest, middle, newest = runs
    waiting = {BUILD: "success", APPROVE: "waiting"}
    with world.customers():
        seen = watch(world, lambda: approved(world, newest))
    seen.expect("the others", [oldest.results(), middle.results()], [waiting, waiting])
    seen.expect("the newest", newest.results().get(PROD), "success")
    seen.served(prod="3")
    seen.run = approved(world, oldest)
    seen.failed_at(PROD, DEPLOY, "Superseded")
    seen.expect("the oldest changes nothing", world.aliases()["prod"], "3")
    world.cancel(middle)
    seen.expect("the middle one", middle.results().get(APPROVE), "cancelled")
    return seen


def overtaken_merge(world: World) -> Seen:
    """An older merge that waited comes to a stack that has a newer one: nothing is changed."""
    seen = merge(world, world.base)
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.failed_at(DEV, DEPLOY, "Superseded")
    seen.says(DEV, "Superseded")
    seen.told(world, TITLE)
    seen.served()
    return seen


def foreign_artifact(world: World) -> Seen:
    """An artifact in place of the one that was built, with a manifest that fits: not deployed."""
    touch(world)
    # The first run is a pull request's; the second was the first merge.
    world.hosting.substitute = world.hosting.artifact(2, "artifact")
    seen = merge(world, world.source.commit("Comment on the sessions"))
    world.hosting.substitute = None
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.failed_at(DEV, "Verify that the workflow deploy built it, from this commit of main")
    seen.served()
    return seen


def bad_merge(world: World) -> Seen:
    """One event in five fails: the gate of the first stack takes it back, no other sees it."""
    before = world.source.head()
    world.source.apply_candidate("bad-release")
    sha = world.source.commit("Round differently")
    with world.customers():
        seen = merge(world, sha)
    world.source.take_back(before)
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.failed_at(DEV, ROLLOUT)
    seen.ran(DEV, CLEAN_UP, "success")
    seen.told(world, TITLE)
    seen.served()
    return seen


def merge_after_rollback(world: World) -> Seen:
    """What production was rolled back from is merged once more: there is nothing new to release."""
    relabel(world, "third")
    seen = merge(world, world.source.commit("Name the third once more"), left_out=before_prod)
    wanted = {BUILD: "success", APPROVE: "success", PROD: "success", "tell": "skipped"}
    seen.expect("jobs", seen.run.results(), wanted)
    seen.says(PROD, "| rollout | 2 | 2 | not read | held |")
    seen.served()
    return seen


def merge_on_top_of_it(world: World) -> Seen:
    """Other code, on top of the commit that production was rolled back from: held."""
    relabel(world, "fourth")
    seen = merge(world, world.source.commit("Name the fourth"), left_out=before_prod)
    wanted = {BUILD: "success", APPROVE: "success", PROD: "failure", TELL: "success"}
    seen.expect("jobs", seen.run.results(), wanted)
    seen.failed_at(PROD, ROLLOUT, "Held: commit")
    seen.served()
    return seen


def revert(world: World) -> Seen:
    """What reverts the commit that was rolled back from is released like any other merge."""
    relabel(world, "good")
    bad = world.source.find("Name the third")
    sha = world.source.commit(f"Revert to what was good\n\nThis reverts commit {bad}.")
    seen = merge(world, sha, left_out=before_prod)
    seen.expect("production", seen.run.results().get(PROD), "success")
    seen.expect("commit", world.record("prod").get("commit"), digest(sha))
    seen.served(prod="5")
    return seen


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
