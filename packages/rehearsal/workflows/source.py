"""The repository that the workflows run of: this tree, and the merges of the scenarios on it."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from console import lifelines
from console.checkout import ROOT
from service import candidates, declaration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from service.declaration import Service


WATCH_SECONDS = 4
"""What the stacks say instead of ten minutes."""


def checkout(tree: Path, place: Path) -> None:
    """Copy what a commit of `tree` as it stands would hold: all but git's own and .gitignore's."""
    names = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ignored = [name.strip("/") for name in names if not name.startswith("/")]
    shutil.copytree(tree, place, ignore=shutil.ignore_patterns(".git", *ignored))


class Source:
    """A repository with a commit per merge; `commits` gets the workflow files of each."""

    def __init__(self, origin: Path, commits: Path) -> None:
        self.origin, self._commits = origin, commits

    def begin(self, tree: Path = ROOT, boundaries: Mapping[str, str] | None = None) -> str:
        """Make `tree`, as it stands, the first commit; returns its name.

        `boundaries` are what the bootstrap prints, which whoever forks this puts into the stacks.
        """
        shutil.rmtree(self.origin, ignore_errors=True)
        shutil.rmtree(self._commits, ignore_errors=True)
        checkout(tree, self.origin)
        _build_for_this_python(self.origin / "Pulumi.yaml")
        if boundaries:
            _name_the_boundaries(self.origin, boundaries)
        self._git("init", "--quiet", "--initial-branch=main")
        # GitHub lets a job fetch its commit by name.
        self._git("config", "uploadpack.allowAnySHA1InWant", "true")
        return self.commit("The first merge")

    def write(self, files: Mapping[str, str]) -> None:
        """Change files, given by their paths."""
        for path, text in files.items():
            place = self.origin / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")

    def apply_candidate(self, name: str) -> None:
        """Change the service to one of its candidates."""
        service = self.service
        overlay = candidates.overlay(service, name, self._commits / "overlays")
        shutil.copytree(overlay / service.name, service.package, dirs_exist_ok=True)

    @property
    def service(self) -> Service:
        """The service that the scenarios change."""
        services = self.origin / "services"
        return declaration.load(declaration.default(services), services)

    def take_back(self, to: str, place: str | Path | None = None) -> None:
        """Make the service, or another folder, what it was at a commit, as a revert does."""
        path = os.fspath(place or self.service.package)
        self._git("rm", "--quiet", "-r", path)
        self._git("checkout", "--quiet", to, "--", path)

    def commit(self, message: str) -> str:
        """Merge what was changed; returns the commit's name."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        sha = self.head()
        # A zip, for tarfile's safe filters are younger than the oldest Python that this runs on.
        archive = self._git("archive", "--format=zip", sha, ".github")
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            content.extractall(self._commits / sha)
        return sha

    def changed(self, sha: str) -> list[str]:
        """The files that a commit changed; all of them where it is the first."""
        names = self._git("show", "--format=", "--name-only", sha).decode()
        return names.splitlines()

    def head(self) -> str:
        """The newest commit's name."""
        return self._git("rev-parse", "HEAD").decode().strip()

    def find(self, subject: str) -> str:
        """The newest commit whose message is that one line."""
        found = self._git("log", "--max-count=1", "--format=%H", f"--grep=^{subject}$")
        return found.decode().strip()

    def _git(self, *arguments: str) -> bytes:
        who = ["-c", "user.name=mona", "-c", "user.email=mona@example.invalid"]
        command = ["git", "-C", os.fspath(self.origin), *who, *arguments]
        return bytes(lifelines.run(command, check=True, capture_output=True).stdout)


def _build_for_this_python(project: Path) -> None:
    """Let the stacks run the Python that is here, for its zip must run on this machine; and let a
    promotion be watched for as long as is compressed here."""
    if project.is_file():
        here = "default: python{}.{}".format(*sys.version_info)
        text = re.sub(r"default: python3\.\d+", here, project.read_text(encoding="utf-8"))
        text = re.sub(
            r"(watchSeconds:.*?default: )\d+", rf"\g<1>{WATCH_SECONDS}", text, flags=re.DOTALL
        )
        project.write_text(text, encoding="utf-8")


def _name_the_boundaries(origin: Path, boundaries: Mapping[str, str]) -> None:
    """Put each into its stack's file, unless one stands there."""
    project = (origin / "Pulumi.yaml").read_text(encoding="utf-8")
    (name,) = re.findall(r"^name: (\S+)$", project, re.MULTILINE)
    for stack, arn in boundaries.items():
        path = origin / "infra" / "stacks" / f"Pulumi.{stack}.yaml"
        text = path.read_text(encoding="utf-8")
        if "permissionsBoundaryArn" not in text:
            named = f"  {name}:permissionsBoundaryArn: {arn}\n"
            path.write_text(text + named, encoding="utf-8")
