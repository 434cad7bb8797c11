"""What GitHub keeps between jobs and runs: artifacts, caches, attestations, comments, variables."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from rehearsal.workflows.groups import Groups
from rehearsal.workflows.programs.gh import ATTESTATIONS, ISSUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

REPOSITORY, OWNER_ID, REPOSITORY_ID = "acme/monorepo", "1", "2"
ISSUER, AUDIENCE = "https://token.actions.githubusercontent.com", "sts.amazonaws.com"
LEVELS = ("none", "read", "write")


@dataclass(frozen=True, slots=True)
class Environment:
    """A GitHub environment: what it gives, and who may use it."""

    variables: Mapping[str, str] = field(default_factory=dict)
    reviewed: bool = False
    """A job that names it waits for a reviewer."""
    branches: Sequence[str] | None = None
    """Its branch rules; None lets every ref in."""


class Unfinished(Protocol):
    """A workflow's run that may have jobs left."""

    @property
    def done(self) -> bool:
        """Whether no job is left."""
        ...

    def advance(self) -> bool:
        """Do what can be done; whether anything was."""
        ...


@dataclass(slots=True)
class Hosting:
    """The repository on GitHub, with its environments by name."""

    root: Path
    origin: Path
    environments: Mapping[str, Environment]
    cloud: Mapping[str, str]
    """The variables that lead to the emulated AWS, handed out with a role."""
    machine: Mapping[str, str]
    """The runner's own environment: PATH, HOME and what a package installer needs."""
    variables: dict[str, str] = field(default_factory=dict)
    """Those of the repository; an environment's own come before them."""
    comments: dict[str, str] = field(default_factory=dict)
    deployments: list[tuple[str, str]] = field(default_factory=list)
    """Environment and URL of each job that left a record of a deployment."""
    groups: Groups = field(default_factory=Groups)
    open: list[Unfinished] = field(default_factory=list)
    """Runs that are not done."""
    runs: int = 0
    machines: int = 0
    """How many run now."""
    substitute: Path | None = None
    """What a download gets in place of what was uploaded: somebody tampers."""

    def environment(self, name: str | None) -> Environment:
        """The environment of that name; GitHub makes one that is not there, with no rules."""
        return self.environments.get(name or "", Environment())

    @property
    def tools(self) -> Path:
        """What a runner's image holds: interpreters, and the stand-ins that are programs."""
        return self.root / "tools"

    @property
    def kept(self) -> Path:
        """What the stand-in for `gh` reads and writes."""
        return self.root / "github"

    @property
    def attestations(self) -> Path:
        """A line of JSON per attestation."""
        return self.kept / ATTESTATIONS

    def issues(self) -> dict[str, list[str]]:
        """What each issue says, by its title."""
        place = self.kept / ISSUES
        known = json.loads(place.read_text(encoding="utf-8")) if place.exists() else []
        return {issue["title"]: issue["said"] for issue in known}

    def artifact(self, run: int, name: str) -> Path:
        """Where an artifact of a run is kept."""
        return self.root / "runs" / str(run) / "artifacts" / name

    def cached(self, key: str) -> Path:
        """Where a cache is kept."""
        return self.root / "caches" / key

    def restore(self, key: str, prefixes: list[str]) -> Path | None:
        """The cache of that key, else the newest one whose key begins with the first that any has.

        https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
        """
        if self.cached(key).is_dir():
            return self.cached(key)
        kept = sorted(
            (self.root / "caches").glob("*"), key=lambda path: path.stat().st_mtime_ns, reverse=True
        )
        for prefix in prefixes:
            for path in kept:
                if path.name.startswith(prefix):
                    return path
        return None


@dataclass(slots=True)
class Run:
    """One run of a workflow: what started it, and at which commit."""

    hosting: Hosting
    event: str
    sha: str
    ref: str
    actor: str = "mona"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    changed: Sequence[str] = ()
    """The files that a push changed."""
    left_out: Callable[[str], bool] = lambda _name: False
    """Jobs, by their whole names, that are not executed: they have succeeded."""
    cancel_when: Callable[[], bool] = lambda: False
    """Asked while a step runs, until it first says yes."""
    lose_when: Callable[[], bool] = lambda: False
    """Likewise: the job's runner is gone, with all that it ran."""
    number: int = 0
    cancelled: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        self.hosting.runs += 1
        self.number = self.hosting.runs
        shutil.rmtree(self.hosting.root / "runs" / str(self.number), ignore_errors=True)

    @property
    def source(self) -> Path:
        """The commit's files, from which GitHub reads workflows and own actions."""
        return self.hosting.root / "commits" / self.sha

    def context(self, workflow: str, permissions: Mapping[str, str]) -> dict[str, Any]:
        """The context `github`."""
        return {
            "event_name": self.event,
            "event": self.payload,
            "sha": self.sha,
            "ref": self.ref,
            "repository": REPOSITORY,
            "actor": self.actor,
            "run_id": str(self.number),
            "run_attempt": "1",
            "server_url": "https://github.com",
            "workflow": workflow,
            "token": token(permissions),
        }


def identity(run: Run, workflow: str, environment: str | None) -> str:
    """The OpenID Connect token of a job of the workflow's file, but for its signature.

    https://docs.github.com/en/actions/reference/security/oidc
    """
    owner, name = REPOSITORY.split("/")
    if environment is not None:
        about = f"environment:{environment}"
    else:
        about = "pull_request" if run.event == "pull_request" else f"ref:{run.ref}"
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": f"repo:{owner}@{OWNER_ID}/{name}@{REPOSITORY_ID}:{about}",
        "ref": run.ref,
        "repository": REPOSITORY,
        "repository_id": REPOSITORY_ID,
        "actor": run.actor,
        "job_workflow_ref": f"{REPOSITORY}/{workflow}@{run.ref}",
        **({} if environment is None else {"environment": environment}),
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def token(permissions: Mapping[str, str]) -> str:
    """A job's token, which the stand-ins read its rights from."""
    return base64.b64encode(json.dumps(dict(permissions)).encode()).decode()


def allows(permissions: Mapping[str, str], scope: str, level: str) -> bool:
    """Whether a job's `permissions` include that one; what is not named is none."""
    return LEVELS.index(permissions.get(scope, "none")) >= LEVELS.index(level)
