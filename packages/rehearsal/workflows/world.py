"""An emulated AWS, a repository and its hosting: where the scenarios take place."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from console.checkout import ROOT
from reporting import amounts
from sandbox import emulated
from sandbox.environment import local
from service import declaration
from service.names import Names

from rehearsal import alias as alias_view
from rehearsal.callers.callers import Callers, Manners
from rehearsal.workflows import actions
from rehearsal.workflows import machine as workflow_machine
from rehearsal.workflows.account import Account
from rehearsal.workflows.hosting import REPOSITORY, Environment, Hosting, Run
from rehearsal.workflows.runs import proceed, run_workflow
from rehearsal.workflows.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from console.processes import Children
    from types_boto3_lambda.client import LambdaClient

    from rehearsal.workflows.runs import WorkflowRun

STACKS = ("dev", "staging", "prod")
ALIAS = "production"
TIME_SCALE = 20
"""Divides what CloudWatch and Lambda make one wait: a minute of metrics takes three seconds."""

# What a team would set in GitHub; here a minute is three seconds.
SHORT = {"BAKE_SECONDS": "6", "POLL_SECONDS": "2", "SYNTHETIC_RATE": "200"}
LOAD_SECONDS = "12"
RATE = 12.0
"""Events a second that each stack gets from its customers while a release goes on."""


class World:
    """Begin with `start`; every scenario goes on where the last one ended."""

    def __init__(self, root: Path, children: Children) -> None:
        self._root, self._children = root, children
        self.source = Source(root / "origin", root / "commits")
        self.hosting = Hosting(root, self.source.origin, {}, {}, machine())
        self.hosting.variables["AWS_REGION"] = "us-east-1"
        self.lambda_: LambdaClient
        self.account: Account
        self.base = ""
        # As everything else that only waits.
        workflow_machine.INTERRUPTED /= TIME_SCALE
        workflow_machine.TERMINATED /= TIME_SCALE

    def start(self, tree: Path = ROOT) -> None:
        """Forget earlier scenarios, but no tools; start an emulated AWS that holds nothing."""
        for name in ("runs", "caches", "state", "logs", "machines", "github", "account"):
            shutil.rmtree(self._root / name, ignore_errors=True)
        (self._root / "state").mkdir(parents=True)
        self.hosting.kept.mkdir(parents=True)
        actions.install_gh(self.hosting.tools, self.hosting.kept)
        self.hosting.cloud = self._start_emulator()
        self.lambda_ = alias_view.client(self.hosting.cloud)
        self.account = Account(tree, self._root / "account", self.hosting.cloud)
        self.account.prepare(STACKS, STACKS)
        self.hosting.environments = environments(self._root, self.account.environments)
        self.base = self.source.begin(tree, self.account.boundaries)

    def settle(self) -> None:
        """Every stack is made: the account's owner takes back the rights that only this needed."""
        self.account.prepare(STACKS, ())

    def run(self, path: str, event: str, sha: str, **more: Any) -> WorkflowRun:
        """Execute a workflow of that commit of main, without what .ci/run executes itself."""
        given = {"ref": "refs/heads/main", "left_out": is_check, **more}
        if event == "push":
            given = {"changed": self.source.changed(sha), **given}
        return run_workflow(Run(self.hosting, event, sha, **given), f".github/workflows/{path}")

    def approve(self, run: WorkflowRun, environment: str) -> None:
        """A reviewer lets the run go on; so does whatever waited for it."""
        run.approve(environment)
        proceed(self.hosting)

    def cancel(self, run: WorkflowRun) -> None:
        """Somebody cancels the run."""
        run.cancel()
        proceed(self.hosting)

    def aliases(self) -> dict[str, str]:
        """What each stack's alias serves, such as `2`, or `1, 2: 10%`; `-` before the first."""
        found = {}
        for stack in STACKS:
            try:
                state = alias_view.read(self.lambda_, function(stack), ALIAS)
            except self.lambda_.exceptions.ResourceNotFoundException:
                found[stack] = "-"
                continue
            shares = "".join(
                f", {version}: {amounts.weight(weight)}" for version, weight in state.weights
            )
            found[stack] = state.version + shares
        return found

    def pull_requests(self, stack: str) -> set[str]:
        """Those that the stack's ledger names."""
        pages = self.lambda_.get_paginator("list_aliases").paginate(FunctionName=function(stack))
        said = [alias.get("Description", "") for page in pages for alias in page["Aliases"]]
        return {json.loads(text).get("p") for text in said if text.startswith("{")} - {None}

    def record(self, stack: str) -> dict[str, Any]:
        """What the alias says of how it came to serve what it serves."""
        answer = self.lambda_.get_alias(FunctionName=function(stack), Name=ALIAS)
        found: dict[str, Any] = json.loads(answer["Description"])
        return found

    @contextmanager
    def customers(self) -> Iterator[None]:
        """Customers' events at every stack for as long as the context lasts."""
        service, cloud = self.source.service, self.hosting.cloud
        with ExitStack() as crowds:
            for seed, stack in enumerate(STACKS):
                target = (function(stack), ALIAS)
                crowds.enter_context(Callers(cloud, target, service, Manners(RATE), seed))
            yield

    def _start_emulator(self) -> Mapping[str, str]:
        env_file = self._root / "emulator.env"
        emulated.start(self._children, env_file, "--time-scale", str(TIME_SCALE), "--seed", "1")
        return emulated.variables(env_file)


def function(stack: str) -> str:
    """What a stack's function is called."""
    return Names(declaration.chosen(), stack).function


def machine() -> dict[str, str]:
    """The runner's own environment: nothing of this shell but what installers need."""
    ours = ("AWS_", "GITHUB_")
    kept = {name: value for name, value in local().items() if not name.startswith(ours)}
    return kept | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def is_check(job: str) -> bool:
    """Whether the job is one of the checks, which take long."""
    return job.startswith("checks / ")


def environments(root: Path, made: Mapping[str, Mapping[str, str]]) -> dict[str, Environment]:
    """The GitHub environments as `nox -s fork` sets them up from what the bootstrap `made`."""
    found = {"prod-approval": Environment(reviewed=True, branches=["main"])}
    for name, variables in made.items():
        given = {**variables, "PULUMI_BACKEND_URL": f"file://{root / 'state'}"}
        if name in STACKS:
            given |= SHORT
        if name.endswith("-load"):
            given["LOAD_SECONDS"] = LOAD_SECONDS
        of_pulls = ["refs/pull/*/merge"] if name.endswith("-preview") else []
        found[name] = Environment(given, branches=["main", *of_pulls])
    return found


__all__ = ["REPOSITORY", "STACKS", "World", "function", "is_check"]
