"""What happens to a repository, what the workflows must make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rehearsal.workflows.hosting import REPOSITORY
from rehearsal.workflows.source import PACKAGE
from rehearsal.workflows.world import ALIAS, STACKS, function
from reporting.amounts import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.workflows.runs import WorkflowRun
    from rehearsal.workflows.world import World

BUILD, DEV, STAGING, PROD = "build once", "dev / dev", "staging / staging", "prod / prod"
RELEASES = {"dev": DEV, "staging": STAGING, "prod": PROD}
GOOD = dict.fromkeys((BUILD, DEV, STAGING, PROD), "success")
STOPPED = {BUILD: "success", DEV: "failure", "staging": "skipped", "prod": "skipped"}
ROLLOUT = "Try it, warm it, give it traffic in steps, ask the gate at each, promote"


@dataclass(slots=True)
class Seen:
    """What a scenario did, and what of it is not as it must be."""

    run: WorkflowRun
    before: Mapping[str, str]
    after: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a difference."""
        if found != wanted:
            self.problems.append(f"{what}: {found}, not {wanted}")

    def served(self, **aliases: str) -> None:
        """The aliases named serve that now, the others what they served before."""
        self.expect("aliases", dict(self.after), {**self.before, **aliases})

    def says(self, job: str, *texts: str) -> None:
        """The job's summary holds each text."""
        summary = next((done.summary for done in self.run.jobs if done.name == job), "")
        for text in texts:
            if text not in summary:
                self.problems.append(f"the summary of {job} lacks {text!r}")

    def failed_at(self, job: str, step: str, text: str = "") -> None:
        """The job's first failure is that step's, whose log holds the text."""
        steps = next((done.steps for done in self.run.jobs if done.name == job), [])
        failed = next((done for done in steps if done.outcome == "failure"), None)
        self.expect(f"first failure of {job}", failed.name if failed else None, step)
        if failed and text not in failed.log.read_text(encoding="utf-8"):
            self.problems.append(f"the log of {step} lacks {text!r}")

    def ran(self, job: str, step: str, outcome: str) -> None:
        """That step of that job ended so."""
        found = {
            s.name: s.outcome for done in self.run.jobs if done.name == job for s in done.steps
        }
        self.expect(f"{job}: {step}", found.get(step), outcome)


def first_merge(world: World) -> Seen:
    """An account that holds nothing: every stack is deployed; there is nothing to promote over."""
    seen = _merge(world, world.base)
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served(dev="1", staging="1", prod="1")
    for job in RELEASES.values():
        seen.says(job, "nothing to promote")
    deployed = [name for name, _ in world.hosting.deployments]
    seen.expect("deployments", deployed, list(STACKS))
    return seen


def merge_without_a_change(world: World) -> Seen:
    """Another README: the same zip, the same version, and every job ends well."""
    world.source.write({"README.md": "# Order processing\n"})
    seen = _merge(world, world.source.commit("Say it shorter"))
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served()
    seen.says(PROD, "nothing to promote")
    return seen


def good_merge(world: World) -> Seen:
    """A good change goes through all stacks, each by its gate; the ledger knows its commit."""
    _label(world, "good")
    sha = world.source.commit("Name the candidate")
    with world.customers():
        seen = _merge(world, sha)
    seen.expect("jobs", seen.run.results(), GOOD)
    seen.served(dev="2", staging="2", prod="2")
    seen.says(PROD, "| rollout | 1 | 2 |", "promoted", "OK", "dashboards/dashboard")
    for stack in STACKS:
        record = world.record(stack)
        seen.expect(f"{stack}: commit", record.get("commit"), digest(sha))
        seen.expect(f"{stack}: verdict", record.get("verdict"), "pass")
    return seen


def overtaken_merge(world: World) -> Seen:
    """An older merge that waited comes to a stack that has a newer one: nothing is changed."""
    seen = _merge(world, world.base)
    seen.expect("jobs", seen.run.results(), STOPPED)
    step = "Deploy, unless a newer commit was deployed meanwhile; the alias stays where it is"
    seen.failed_at(DEV, step, "Superseded")
    seen.says(DEV, "Superseded")
    seen.served()
    return seen


def foreign_artifact(world: World) -> Seen:
    """An artifact in place of the one that was built, with a manifest that fits: not deployed."""
    world.hosting.substitute = world.hosting.artifact(1, "artifact")
    seen = _merge(world, world.source.commit("Change nothing"))
    world.hosting.substitute = None
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.failed_at(DEV, "Verify that the workflow deploy built it, from this commit of main")
    seen.served()
    return seen


def bad_merge(world: World) -> Seen:
    """One order in five fails: the gate of the first stack takes it back, no other sees it."""
    before = world.source.head()
    world.source.apply_candidate("bad-release")
    sha = world.source.commit("Round differently")
    with world.customers():
        seen = _merge(world, sha)
    world.source.take_back(before)
    seen.expect("jobs", seen.run.results(), STOPPED)
    seen.failed_at(DEV, ROLLOUT)
    seen.ran(DEV, "End an abandoned canary", "success")
    seen.served()
    return seen


def cancelled_merge(world: World) -> Seen:
    """Somebody cancels while the canary takes traffic, which kills the rollout: it is ended."""
    _label(world, "cancelled")
    sha = world.source.commit("Name the candidate anew")
    with world.customers():
        seen = _merge(world, sha, cancel_when=lambda: "," in world.aliases()["dev"])
    seen.expect("dev", seen.run.results().get(DEV), "cancelled")
    seen.ran(DEV, ROLLOUT, "cancelled")
    seen.ran(DEV, "End an abandoned canary", "success")
    seen.served()
    return seen


def scheduled_load(world: World) -> Seen:
    """Nobody's input: the average hour on staging, its report in the summary, its books kept."""
    seen = _watch(world, lambda: world.run("load.yml", "schedule", world.base))
    seen.expect("jobs", seen.run.results(), {"average on staging": "success"})
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
    given = {"environment": "prod", "reason": "orders of two customers failed"}
    seen = _watch(
        world, lambda: world.run("rollback.yml", "workflow_dispatch", world.base, inputs=given)
    )
    seen.expect("jobs", seen.run.results(), {"prod": "success"})
    seen.says("prod", "| rollback | 2 | 1 |", "rolled back")
    seen.served(prod="1")
    return seen


def no_drift(world: World) -> Seen:
    """Releases and a rollback are no drift."""
    seen = _watch(world, lambda: world.run("drift.yml", "schedule", world.base))
    seen.expect("jobs", seen.run.results(), {f"drift of {stack}": "success" for stack in STACKS})
    seen.says("drift of prod", "### Drift of `prod`", "as it should be")
    seen.served()
    return seen


def drift(world: World) -> Seen:
    """An alias moved by hand and a function changed by hand are found, each where it is."""
    world.lambda_.update_alias(FunctionName=function("staging"), Name=ALIAS, FunctionVersion="1")
    world.lambda_.update_function_configuration(FunctionName=function("prod"), MemorySize=1024)
    seen = _watch(world, lambda: world.run("drift.yml", "workflow_dispatch", world.base))
    wanted = {"drift of dev": "success", "drift of staging": "failure", "drift of prod": "failure"}
    seen.expect("jobs", seen.run.results(), wanted)
    seen.says("drift of staging", "drifted")
    seen.says("drift of prod", "`memorySize`: `512` → `1024`", "as it should be")
    seen.served()
    return seen


def pull_request(world: World) -> Seen:
    """Each stack's preview becomes the pull request's comment; what .ci/run runs is left out."""
    seen = _propose(world, REPOSITORY)
    wanted = {"artifact": "success", "all green": "success"}
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
    seen = _propose(world, "stranger/order-processing")
    wanted = {"artifact": "success", "all green": "success"}
    skipped = {
        "preview of ${{ matrix.stack }}": "skipped",
        "comment on ${{ matrix.stack }}": "skipped",
    }
    seen.expect("jobs", seen.run.results(), wanted | skipped)
    seen.expect("comments", world.hosting.comments, {})
    return seen


SCENARIOS: Mapping[str, Callable[[World], Seen]] = {
    "first merge": first_merge,
    "merge without a change": merge_without_a_change,
    "good merge": good_merge,
    "overtaken merge": overtaken_merge,
    "foreign artifact": foreign_artifact,
    "bad merge": bad_merge,
    "cancelled merge": cancelled_merge,
    "scheduled load": scheduled_load,
    "pull request": pull_request,
    "pull request of a fork": pull_request_of_a_fork,
    "manual rollback": manual_rollback,
    "no drift": no_drift,
    "drift": drift,
}
"""In an order in which each finds what it needs."""


def _merge(world: World, sha: str, **more: object) -> Seen:
    world.hosting.deployments.clear()
    return _watch(world, lambda: world.run("deploy.yml", "push", sha, **more))


def _propose(world: World, head: str) -> Seen:
    _label(world, f"proposed by {head.partition('/')[0]}")
    sha = world.source.commit("Propose a change")
    payload = {"pull_request": {"head": {"repo": {"full_name": head}}}}
    only = frozenset({"artifact", "preview", "comment", "all-green"})
    return _watch(
        world,
        lambda: world.run(
            "ci.yml", "pull_request", sha, ref="refs/pull/7/merge", payload=payload, only=only
        ),
    )


def _watch(world: World, run: Callable[[], WorkflowRun]) -> Seen:
    before = world.aliases()
    done = run()
    return Seen(done, before, world.aliases())


def _label(world: World, text: str) -> None:
    """A harmless change of the service."""
    content = f'"""Names the candidate in its log lines."""\n\nLABEL = "{text}"\n'
    world.source.write({f"{PACKAGE}/version.py": content})
