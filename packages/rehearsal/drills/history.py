"""A git history of a drill's own: what is merged, and what is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console import lifelines

if TYPE_CHECKING:
    from pathlib import Path

_WHO = ("-c", "user.name=mona", "-c", "user.email=mona@example.invalid")


class History:
    """A repository of one branch; `git_dir` is what git's variable GIT_DIR has to say."""

    def __init__(self, place: Path) -> None:
        self._place = place
        place.mkdir()
        self._git("init", "--quiet", "--initial-branch=main")
        self.git_dir = str(place / ".git")

    def merge(self, path: str) -> str:
        """Merge a change of one file; return the commit's name."""
        with (self._place / path).open("a", encoding="utf-8") as file:
            file.write("A change.\n")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", f"Change {path}")
        return self._head()

    def revert(self, commit: str) -> str:
        """Take a commit back as git does; return the new one's name."""
        self._git("revert", "--no-edit", commit)
        return self._head()

    def _head(self) -> str:
        return self._git("rev-parse", "HEAD")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self._place), *_WHO, *arguments]
        done = lifelines.run(command, check=True, capture_output=True, text=True)
        return str(done.stdout).strip()
