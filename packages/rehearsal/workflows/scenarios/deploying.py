"""How the scenarios merge, and what deploy.yml calls its jobs and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.workflows.scenarios.observation import Seen, watch

if TYPE_CHECKING:
    from rehearsal.workflows.runs import WorkflowRun
    from rehearsal.workflows.world import World

BUILD, DEV, STAGING, PROD = "build once", "dev / dev", "staging / staging", "prod / prod"
APPROVE, TELL = "approve", "tell / tell"
APPROVAL = "prod-approval"
GOOD = {**dict.fromkeys((BUILD, DEV, STAGING, APPROVE, PROD), "success"), "tell": "skipped"}
AFTER_DEV = dict.fromkeys(("staging", "approve", "prod"), "skipped")
STOPPED = {BUILD: "success", DEV: "failure", **AFTER_DEV, TELL: "success"}
TITLE = "A merge was not released"
DEPLOY = "Deploy, unless a newer commit was deployed meanwhile; the alias stays where it is"
ROLLOUT = "Try it, warm it, give it traffic in steps, ask the gate at each, promote"
CLEAN_UP = "End an abandoned canary, and the rollout"


def touch(world: World) -> None:
    """Change a file that a release may depend on, and nothing of what is released."""
    sessions = (world.source.origin / "noxfile.py").read_text(encoding="utf-8")
    world.source.write({"noxfile.py": f"{sessions}\n# Touched in run {world.hosting.runs}.\n"})


def start(world: World, sha: str, **more: object) -> WorkflowRun:
    """Merge it, as far as it goes by itself."""
    return world.run("deploy.yml", "push", sha, **more)


def approved(world: World, run: WorkflowRun) -> WorkflowRun:
    """Let it into production, if it waits for that."""
    world.approve(run, APPROVAL)
    return run


def merge(world: World, sha: str, *, approve: bool = True, **more: object) -> Seen:
    """Merge it, and let it into production where it gets so far."""
    world.hosting.deployments.clear()

    def run() -> WorkflowRun:
        begun = start(world, sha, **more)
        return approved(world, begun) if approve else begun

    return watch(world, run)


def before_prod(job: str) -> bool:
    """Whether the job comes before production: left out where only that is of interest."""
    return job.startswith(("checks / ", "dev / ", "staging / "))
