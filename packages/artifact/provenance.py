"""Where the source comes from: git and the CI job, as far as they are known."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import lifelines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Provenance:
    """None stands for what neither git nor the environment knows.

    `repository` is `owner/name`, `pull_request` its number, `dirty` whether tracked files differ
    from the commit or there is no commit at all.
    """

    commit: str | None
    dirty: bool
    repository: str | None
    author: str | None
    pull_request: str | None


def read(root: Path, environment: Mapping[str, str] | None = None) -> Provenance:
    """Ask the CI job's variables first, then git in `root`.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    variables = os.environ if environment is None else environment
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    return Provenance(
        commit=commit,
        dirty=commit is None or bool(_git(root, "status", "--porcelain", "--untracked-files=no")),
        repository=variables.get("GITHUB_REPOSITORY") or _origin(root),
        author=variables.get("GITHUB_ACTOR") or _git(root, "log", "-1", "--format=%an"),
        pull_request=_pull_request(variables, _git(root, "log", "-1", "--format=%s") or ""),
    )


def _origin(root: Path) -> str | None:
    url = _git(root, "remote", "get-url", "origin")
    match = re.search(r"[/:]([^/:]+/[^/]+?)(\.git)?/?$", url or "")
    return match[1] if match else None


def _pull_request(variables: Mapping[str, str], subject: str) -> str | None:
    """The one that is built, or that the commit merged, as GitHub writes it into the subject."""
    match = re.fullmatch(r"refs/pull/([0-9]+)/.*", variables.get("GITHUB_REF", ""))
    match = match or re.search(r"\(#([0-9]+)\)$|^Merge pull request #([0-9]+) ", subject)
    return next(filter(None, match.groups()), None) if match else None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        result = lifelines.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:  # no git: a source archive
        return None
    return result.stdout.strip() or None if result.returncode == 0 else None
