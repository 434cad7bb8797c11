"""Where the source comes from: git and the CI job, as far as they are known."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console import lifelines
from console.errors import UsageError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Provenance:
    """None stands for what neither git nor the environment knows.

    `repository` is `owner/name`, `pull_request` its number, `dirty` whether the commit may give
    another artifact: tracked files differ, files of the package are `untracked`, or there is none.
    """

    commit: str | None
    dirty: bool
    repository: str | None
    author: str | None
    pull_request: str | None
    untracked: tuple[str, ...] = ()


def sources(root: Path, package: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Return the files of a package that git knows, and the paths of those that it does not.

    What git is told to ignore counts for nothing. All files but hidden ones and caches where git
    knows none: a source archive, or a service that is not yet added. Raises UsageError where there
    is a repository and git refuses to read it: without its commit nobody could tell later whether
    a deployment was overtaken.
    """
    tracked = _paths(root, package)
    if not tracked:
        relative = ((path, path.relative_to(package).parts) for path in package.rglob("*"))
        hidden = (path for path, parts in relative if not any(map(_is_left, parts)))
        return sorted(path for path in hidden if path.is_file()), ()
    others = _paths(root, package, "--others", "--exclude-standard")
    left = tuple(path.relative_to(root).as_posix() for path in others)
    return [path for path in tracked if path.is_file()], left


def _is_left(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


def _paths(root: Path, package: Path, *options: str) -> list[Path]:
    found = _ask(root, "ls-files", "-z", *options, "--", str(package))
    return sorted(root / name for name in (found or "").split("\0") if name)


def _ask(root: Path, *arguments: str) -> str | None:
    """What git says; None where there is no repository."""
    try:
        result = _run(root, *arguments)
    except OSError:
        if not (root / ".git").exists():
            return None
        sentence = "there is no git to read it with"
    else:
        if result.returncode == 0:
            return str(result.stdout)
        sentence = " ".join(result.stderr.split())
        if "not a git repository" in sentence:
            return None
    raise UsageError(f"The repository {root} cannot be read, so its commit is unknown: {sentence}")


def read(
    root: Path, environment: Mapping[str, str] | None = None, untracked: tuple[str, ...] = ()
) -> Provenance:
    """Ask the CI job's variables first, then git in `root`.

    https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    """
    variables = os.environ if environment is None else environment
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    return Provenance(
        commit=commit,
        dirty=commit is None
        or bool(untracked or _git(root, "status", "--porcelain", "--untracked-files=no")),
        repository=variables.get("GITHUB_REPOSITORY") or _origin(root),
        author=variables.get("GITHUB_ACTOR") or _git(root, "log", "-1", "--format=%an"),
        pull_request=_pull_request(variables, _git(root, "log", "-1", "--format=%s") or ""),
        untracked=untracked,
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
        result = _run(root, *arguments)
    except OSError:  # no git: a source archive
        return None
    return result.stdout.strip() or None if result.returncode == 0 else None


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lifelines.run(
        ["git", "-C", str(root), *arguments],
        capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
