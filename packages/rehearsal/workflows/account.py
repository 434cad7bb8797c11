"""The scenarios' AWS account, prepared as whoever owns it would: by the bootstrap's own program."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from console import lifelines
from console.errors import UsageError
from sandbox.environment import local
from sandbox.stack import module

from rehearsal.workflows.hosting import OWNER_ID, REPOSITORY, REPOSITORY_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PROGRAM = "infra/bootstrap"
"""Where the repository has it."""


class Account:
    """The account that `cloud` leads to; `directory` keeps what its deployments leave."""

    def __init__(self, tree: Path, directory: Path, cloud: Mapping[str, str]) -> None:
        self._root, self._directory, self._cloud = tree / PROGRAM, directory, cloud
        self._outputs = directory / "outputs.json"

    def prepare(self, stacks: Sequence[str], new: Sequence[str]) -> None:
        """Run the program for these stacks, of which the `new` ones may be made by a workflow.

        Raises UsageError where it is refused.
        """
        given = {
            "repository": REPOSITORY,
            "ownerId": OWNER_ID,
            "repositoryId": REPOSITORY_ID,
            "stacks": ",".join(stacks),
            "loadStacks": ",".join(stacks),
            "newStacks": ",".join(new),
        }
        config = [f"--config={key}={value}" for key, value in given.items()]
        where = ["--root", os.fspath(self._root), "--directory", os.fspath(self._directory)]
        fresh = [] if self._outputs.exists() else ["--fresh"]
        up = module("engine", "up", "--stack", "account", *where, *fresh, *config)
        environment = {**local(), **self._cloud}
        done = lifelines.run(up, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UsageError(f"The account could not be prepared: {done.stderr.strip()}")

    @property
    def environments(self) -> Mapping[str, Mapping[str, str]]:
        """The variables of each GitHub environment, by its name."""
        found: Mapping[str, Mapping[str, str]] = self._output("githubEnvironments")
        return found

    @property
    def boundaries(self) -> Mapping[str, str]:
        """What bounds each stack's functions: an ARN, by the stack."""
        found: Mapping[str, str] = self._output("permissionsBoundaryArns")
        return found

    def _output(self, name: str) -> Any:
        return json.loads(self._outputs.read_text(encoding="utf-8"))[name]
