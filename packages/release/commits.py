"""What git knows of commits: which one holds another, and what was taken back.

It is asked of this checkout, or of the repository that git's own variable GIT_DIR names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console import lifelines
from console.checkout import ROOT
from console.errors import UsageError
from reporting.amounts import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = re.compile(
    r"\bThis reverts commit ([0-9a-f]{7,40})\b|^Fixes: ([0-9a-f]{7,40})\b", re.MULTILINE
)
"""What `git revert` writes, and the trailer of a fix."""


def holds(commit: str, held: str, since: str | None = None) -> bool:
    """Whether `commit` holds `held`, and nothing up to it took that back or mends it.

    What took it back names `held`, or a commit that came with it: one after `since`, which was live
    before. A revert that was itself reverted counts for nothing. UsageError where git does not
    know both commits and all that lies between them.
    """
    try:
        return _holds(commit, held, since)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"It is unknown whether {digest(commit)} holds {digest(held)}, which was rolled back "
            f"({error}): fetch the whole history (`git fetch --unshallow`), let GIT_DIR name a "
            "repository that has it, or lift the hold."
        ) from None


def _holds(commit: str, held: str, since: str | None) -> bool:
    if _git("rev-parse", "--is-shallow-repository").strip() != "false":
        raise ValueError("the history here is cut")
    newest, bad = _resolved(commit), _resolved(held)
    if _git("rev-list", "--max-count=1", bad, f"^{newest}"):
        return False  # it is none of its ancestors
    taken_back = _taken_back(bad, newest)
    return taken_back.isdisjoint(_came_with(bad, since))


def _resolved(commit: str) -> str:
    return _git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").strip()


def _came_with(held: str, since: str | None) -> set[str]:
    """The commits that went live with `held`."""
    if since is None:
        return {held}
    return {held, *_git("rev-list", held, f"^{_resolved(since)}").split()}


def _taken_back(held: str, newest: str) -> set[str]:
    """The commits that what came after `held` reverts or mends, by their full names."""
    log = _git("log", "--topo-order", "--format=%H%x00%B%x00", newest, f"^{held}")
    fields = log.split("\0")
    undone: set[str] = set()
    for sha, text in zip(fields[::2], fields[1::2], strict=False):
        if sha.strip() not in undone:
            undone |= set(_targets(text))
    return undone


def _targets(text: str) -> Iterator[str]:
    for match in _NAMED.finditer(text):
        try:
            yield _resolved(match[1] or match[2])
        except ValueError:
            continue  # of another repository


def _git(*arguments: str) -> str:
    """Return what git says; ValueError where it does not know."""
    done = lifelines.run(
        ["git", "-C", str(ROOT), *arguments], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise ValueError(f"git {arguments[0]} does not know")
    return str(done.stdout)
