"""What git in this checkout knows of commits: which one holds another, and what was taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console import lifelines
from console.checkout import ROOT
from console.errors import UsageError
from reporting.amounts import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAMED = re.compile(
    r"\bThis reverts commit ([0-9a-f]{7,40})\b|^Fixes: ([0-9a-f]{7,40})\b", re.MULTILINE
)
"""What `git revert` writes, and the trailer of a fix."""


def holds(commit: str, held: str, since: str | None = None, root: Path = ROOT) -> bool:
    """Whether `commit` holds `held`, and nothing up to it took that back or mends it.

    What took it back names `held`, or a commit that came with it: one after `since`, which was live
    before. A revert that was itself reverted counts for nothing. UsageError where git in `root`
    does not know both commits and all that lies between them.
    """
    try:
        return _holds(root, commit, held, since)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"It is unknown whether {digest(commit)} holds {digest(held)}, which was rolled back "
            f"({error}): fetch the whole history (`git fetch --unshallow`), or lift the hold."
        ) from None


def _holds(root: Path, commit: str, held: str, since: str | None) -> bool:
    if _git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
        raise ValueError("the history here is cut")
    newest, bad = _resolved(root, commit), _resolved(root, held)
    if _git(root, "rev-list", "--max-count=1", bad, f"^{newest}"):
        return False  # it is none of its ancestors
    taken_back = _taken_back(root, bad, newest)
    return taken_back.isdisjoint(_came_with(root, bad, since))


def _resolved(root: Path, commit: str) -> str:
    return _git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").strip()


def _came_with(root: Path, held: str, since: str | None) -> set[str]:
    """The commits that went live with `held`."""
    if since is None:
        return {held}
    return {held, *_git(root, "rev-list", held, f"^{_resolved(root, since)}").split()}


def _taken_back(root: Path, held: str, newest: str) -> set[str]:
    """The commits that what came after `held` reverts or mends, by their full names."""
    log = _git(root, "log", "--topo-order", "--format=%H%x00%B%x00", newest, f"^{held}")
    fields = log.split("\0")
    undone: set[str] = set()
    for sha, text in zip(fields[::2], fields[1::2], strict=False):
        if sha.strip() not in undone:
            undone |= set(_targets(root, text))
    return undone


def _targets(root: Path, text: str) -> Iterator[str]:
    for match in _NAMED.finditer(text):
        try:
            yield _resolved(root, match[1] or match[2])
        except ValueError:
            continue  # of another repository


def _git(root: Path, *arguments: str) -> str:
    """Return what git says; ValueError where it does not know."""
    done = lifelines.run(
        ["git", "-C", str(root), *arguments], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise ValueError(f"git {arguments[0]} does not know")
    return str(done.stdout)
