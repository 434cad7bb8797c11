"""The two Pulumi programs, and where each keeps what."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from console.checkout import ROOT
from console.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi program: where its `Pulumi.yaml` lies and what it deploys.

    `artifact` has a folder per service, and is None where it deploys none; `outputs` gets a
    directory per stack; `typed` is what a person types to do something with a stack.
    """

    directory: Path
    outputs: Path
    artifact: Path | None
    typed: str = "nox -s {verb} -- {stack}"

    @property
    def document(self) -> dict[str, Any]:
        """What `Pulumi.yaml` holds."""
        text = (self.directory / "Pulumi.yaml").read_text(encoding="utf-8")
        found: dict[str, Any] = yaml.safe_load(text)
        return found

    def program(self) -> None:
        """Run the program that `main` names, as Pulumi's own host for Python runs it."""
        main = self.directory / str(self.document.get("main", "."))
        runpy.run_path(str(main), run_name="__main__")

    @property
    def name(self) -> str:
        """The project's name, which is part of every resource's URN."""
        return str(self.document["name"])

    def command(self, verb: str, stack: str) -> str:
        """What a person types to do this with the stack."""
        return self.typed.format(verb=verb, stack=stack)

    def stack_file(self, stack: str) -> Path:
        """Where the stack's configuration lies; raises UsageError where there is none."""
        folder = self.directory / str(self.document["stackConfigDir"])
        file = folder / f"Pulumi.{stack}.yaml"
        if not file.is_file():
            known = sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml"))
            raise UsageError(f"There is no stack '{stack}': choose one of {', '.join(known)}.")
        return file


ARTIFACT = ROOT / "build" / "artifact"
"""Where the program looks unless a stack says otherwise (the default in `Pulumi.yaml`)."""
_INFRA, _BUILD = ROOT / "infra", ROOT / "build"
PROJECTS = {
    "services": Project(ROOT, _BUILD / "stacks", ARTIFACT),
    "bootstrap": Project(
        _INFRA / "bootstrap",
        _BUILD / "bootstrap",
        None,
        "nox -s {verb} -- {stack} --project bootstrap",
    ),
}
