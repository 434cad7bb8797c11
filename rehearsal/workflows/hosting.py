"""What GitHub keeps between jobs and runs: artifacts, caches, attestations, comments, variables."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

REPOSITORY = "acme/order-processing"
LEVELS = ("none", "read", "write")


@dataclass(slots=True)
class Hosting:
    """The repository on GitHub: `variables` of each environment by its name."""

    root: Path
    origin: Path
    variables: Mapping[str, Mapping[str, str]]
    cloud: Mapping[str, str]
    """The variables that lead to the emulated AWS, handed out with a role."""
    machine: Mapping[str, str]
    """The runner's own environment: PATH, HOME and what a package installer needs."""
    comments: dict[str, str] = field(default_factory=dict)
    deployments: list[tuple[str, str]] = field(default_factory=list)
    """Environment and URL of each job that ran in one."""
    runs: int = 0
    substitute: Path | None = None
    """What a download gets in place of what was uploaded: somebody tampers."""

    @property
    def tools(self) -> Path:
        """What a runner's image holds: interpreters, and the stand-ins that are programs."""
        return self.root / "tools"

    @property
    def attestations(self) -> Path:
        """A line of JSON per attestation."""
        return self.root / "attestations.jsonl"

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
    only: frozenset[str] = frozenset()
    """The jobs to execute, all where it is empty; a job left out has succeeded."""
    cancel_when: Callable[[], bool] = lambda: False
    """Asked while a step runs, until it first says yes."""
    number: int = 0
    cancelled: bool = False

    def __post_init__(self) -> None:
        self.hosting.runs += 1
        self.number = self.hosting.runs
        shutil.rmtree(self.hosting.root / "runs" / str(self.number), ignore_errors=True)

    @property
    def source(self) -> Path:
        """The commit's files, from which GitHub reads workflows and own actions."""
        return self.hosting.root / "commits" / self.sha

    def asked_to_stop(self) -> bool:
        """Whether somebody cancelled the run just now; a run is cancelled once."""
        if self.cancelled or not self.cancel_when():
            return False
        self.cancelled = True
        return True

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
            "workflow": workflow,
            "token": token(permissions),
        }


def token(permissions: Mapping[str, str]) -> str:
    """A job's token, which the stand-ins read its rights from."""
    return base64.b64encode(json.dumps(dict(permissions)).encode()).decode()


def allows(permissions: Mapping[str, str], scope: str, level: str) -> bool:
    """Whether a job's `permissions` include that one; what is not named is none."""
    return LEVELS.index(permissions.get(scope, "none")) >= LEVELS.index(level)
