"""What happens beside merges: pull requests, loads, rollbacks, looking for drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.workflows.hosting import REPOSITORY
from rehearsal.workflows.scenarios.observation import Seen, relabel, watch
from rehearsal.workflows.world import ALIAS, STACKS, function

if TYPE_CHECKING:
    from rehearsal.workflows.world import World

DRIFT = "Drift was found, or could not be looked for"
CHECKED = {"artifact": "success", "all green": "success"}
UNSEEN = {
    "preview of ${{ matrix.stack }}": "skipped",
    "comment on ${{ matrix.stack }}": "skipped",
}


def first_pull_request(world: World) -> Seen:
    """A new fork has no account yet: what needs one is skipped, and that holds nobody up."""
    region = world.hosting.variables.pop("AWS_REGION")
    seen = _propose(world, REPOSITORY)
    world.hosting.variables["AWS_REGION"] = region
    seen.expect("jobs", seen.run.results(), CHECKED | UNSEEN)
    seen.served()
    return seen


def scheduled_load(world: World) -> Seen:
    """Nobody's input: average traffic on staging, its report in the summary, its books kept."""
    seen = watch(world, lambda: world.run("load.yml", "schedule", world.base))
    wanted = {"average on staging": "success", "tell": "skipped"}
    seen.expect("jobs", seen.run.results(), wanted)
    seen.says("average on staging", "average")
    kept = world.hosting.artifact(world.hosting.runs, "load")
    seen.expect("reports kept", len(list(kept.rglob("report.html"))), 1)
    caches = [path.name for path in (world.hosting.root / "caches").glob("*")]
    seen.expect("baselines kept", [name.startswith("load-baselines-staging-") for name in caches],
                [True])  # fmt: skip
    seen.served()
    return seen


def manual_rollback(world: World) -> Seen:
    """A person points production back: one write, no build, no Pulumi."""
    given = {
        "environment": "prod", "what": "move the live traffic to the version before",
        "reason": "events of two customers failed",
    }  # fmt: skip
    seen = watch(
        world, lambda: world.run("rollback.yml", "workflow_dispatch", world.base, inputs=given)
    )
    seen.expect("jobs", seen.run.results(), {"prod": "success"})
    seen.says("prod", "| rollback | 3 | 2 |", "rolled back", "serves version 2 alone (before: 3)")
    wheels = [path.name for path in (world.hosting.root / "caches").glob("wheels-release-*")]
    seen.expect("wheels kept", len(wheels), 1)
    seen.served(prod="2")
    return seen


def no_drift(world: World) -> Seen:
    """Releases and a rollback are no drift."""
    seen = watch(world, lambda: world.run("drift.yml", "schedule", world.base))
    wanted = {f"{job} of {stack}": "success" for job in ("watch", "drift") for stack in STACKS}
    wanted |= {"tell": "skipped"}
    seen.expect("jobs", seen.run.results(), wanted)
    seen.says("drift of prod", "### Drift of `prod`", "as it should be")
    seen.served()
    return seen


def drift(world: World) -> Seen:
    """An alias moved by hand and a function changed by hand are found, each where it is."""
    world.lambda_.update_alias(FunctionName=function("staging"), Name=ALIAS, FunctionVersion="1")
    world.lambda_.update_function_configuration(FunctionName=function("prod"), MemorySize=1024)
    seen = watch(world, lambda: world.run("drift.yml", "workflow_dispatch", world.base))
    wanted = {f"watch of {stack}": "success" for stack in STACKS}
    wanted |= {"drift of dev": "success", "drift of staging": "failure", "drift of prod": "failure"}
    seen.expect("jobs", seen.run.results(), wanted | {"tell / tell": "success"})
    seen.says("drift of staging", "drifted")
    seen.says("drift of prod", "`memorySize`: `512` → `1024`", "as it should be")
    seen.told(world, DRIFT)
    seen.served()
    return seen


def pull_request(world: World) -> Seen:
    """Each stack's preview becomes the pull request's comment; what .ci/run runs is left out."""
    seen = _propose(world, REPOSITORY)
    wanted = dict(CHECKED)
    for stack in STACKS:
        wanted |= {f"preview of {stack}": "success", f"comment on {stack}": "success"}
    seen.expect("jobs", seen.run.results(), wanted)
    for stack in STACKS:
        said = world.hosting.comments.get(f"preview-{stack}", "")
        seen.expect(f"comment on {stack}", "| update | Function processor |" in said, True)
    seen.served()
    return seen


def pull_request_of_a_fork(world: World) -> Seen:
    """A stranger's code gets no role: nothing is previewed, and that holds nobody up."""
    world.hosting.comments.clear()
    seen = _propose(world, "stranger/monorepo")
    seen.expect("jobs", seen.run.results(), CHECKED | UNSEEN)
    seen.expect("comments", world.hosting.comments, {})
    return seen


def _propose(world: World, head: str) -> Seen:
    before = world.source.head()
    relabel(world, f"proposed by {head.partition('/')[0]}")
    sha = world.source.commit("Propose a change")
    world.source.take_back(before)
    world.source.commit("Not merged")
    payload = {"pull_request": {"head": {"repo": {"full_name": head}}}}
    ref = "refs/pull/7/merge"
    return watch(world, lambda: world.run("ci.yml", "pull_request", sha, ref=ref, payload=payload))
