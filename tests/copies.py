"""Copies of this repository, to do things in that must not happen to it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from console.checkout import ROOT
from rehearsal.workflows.source import checkout

if TYPE_CHECKING:
    from pathlib import Path


def copied(place: Path) -> Path:
    """Make a repository of one commit, of this tree as it stands; return it."""
    checkout(ROOT, place)
    run(place, "git", "init", "--quiet", "--initial-branch=main")
    commit(place, "The repository")
    return place


def commit(tree: Path, message: str) -> None:
    """Commit all that was changed."""
    run(tree, "git", "add", "--all")
    run(tree, "git", "commit", "--quiet", "--message", message)


def python(tree: Path, *arguments: str, **variables: str) -> str:
    """Run this Python in the copy, as `run` does."""
    return run(tree, sys.executable, *arguments, **variables)


def run(tree: Path, *command: str, **variables: str) -> str:
    """Run a command in the copy; return what it printed, and fail with that if it failed."""
    if command[0] == "git":
        who = ("-c", "user.name=A team", "-c", "user.email=team@example.org")
        command = ("git", *who, *command[1:])
    path = os.pathsep.join(map(str, (tree, tree / "packages")))
    ended = subprocess.run(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": path, **variables},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    return ended.stdout
