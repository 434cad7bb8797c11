"""Which of two commits is newer, asked of a real repository."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from deploy import superseded

if TYPE_CHECKING:
    from pathlib import Path


class Repository:
    """A repository with commits of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._git("init", "--quiet", "--initial-branch=main")

    def commit(self) -> str:
        """Make one, and return its name."""
        self._git("commit", "--quiet", "--allow-empty", "--message=a change")
        return self._git("rev-parse", "HEAD")

    def branch(self, start: str) -> None:
        """Go on from an earlier commit."""
        self._git("checkout", "--quiet", "-b", "other", start)

    def _git(self, *arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"]
        answer = subprocess.run(
            ["git", "-C", str(self.root), *who, *arguments],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return answer.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return an empty one."""
    return Repository(tmp_path)


def test_a_newer_commit_may_replace_an_older_one(repository: Repository) -> None:
    """And a commit itself again: a deployment may be repeated."""
    older, newer = repository.commit(), repository.commit()
    superseded.check("dev", newer, older, repository.root)
    superseded.check("dev", newer, newer, repository.root)


def test_an_older_commit_may_not_replace_a_newer_one(repository: Repository) -> None:
    """The sentence says what to do instead."""
    older, _, newer = repository.commit(), repository.commit(), repository.commit()
    with pytest.raises(UsageError, match=rf"Superseded.*{newer[:12]}.*roll back"):
        superseded.check("dev", older, newer, repository.root)


def test_a_branch_overtakes_nothing(repository: Repository) -> None:
    """A person who deploys a branch is not held up by what main has since."""
    first = repository.commit()
    newer = repository.commit()
    repository.branch(first)
    superseded.check("dev", repository.commit(), newer, repository.root)


@pytest.mark.parametrize(("built", "deployed"), [(None, "a" * 40), ("a" * 40, None), ("b", "none")])
def test_where_a_commit_is_unknown_there_is_no_order(
    tmp_path: Path, built: str | None, deployed: str | None
) -> None:
    """The first deployment, and builds outside git, are not held up."""
    superseded.check("dev", built, deployed, tmp_path)


def test_an_order_that_nobody_knows_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone too shallow to tell, and a machine without git, may not guess."""
    mine = repository.commit()
    with pytest.raises(UsageError, match="unshallow"):
        superseded.check("dev", mine, "a" * 40, repository.root)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is on PATH"):
        superseded.check("dev", mine, "a" * 40, repository.root)
