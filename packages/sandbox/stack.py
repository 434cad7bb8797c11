"""The stack `local` on an emulated AWS: the one way to start, build and deploy it.

Other parts are used by the commands that a person would type.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

from console.errors import UsageError
from service import declaration, outputs

from sandbox import clients, emulated
from sandbox.environment import local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from console.processes import Child, Children

NAME: Final = "local"


class Stack:
    """`environment` leads clients to its AWS, `outputs` are those of the last deployment.

    `service` is the one that it is about, the default unless named; `directory` holds what the
    deployments leave; `tell` hears what a deployment says. Every method raises UsageError where its
    command fails, with what that said last.
    """

    def __init__(
        self,
        children: Children,
        directory: Path,
        tell: Callable[[str], None] | None = None,
        service: str | None = None,
    ) -> None:
        self.service = service or declaration.default()
        self.children = children
        self.directory = directory
        self.environment = local()
        self.outputs: dict[str, Any] = {}
        self.emulator: Child
        self._tell = tell
        self._empty = True

    def start(self, *options: str) -> None:
        """Start an emulated AWS that holds nothing; `options` are those of `python -m emulator`."""
        env_file = self.directory / "emulator.env"
        self.emulator, self.environment = emulated.start(self.children, env_file, *options)

    def build(self, out: Path, overlay: Path | None = None) -> dict[str, Any]:
        """Build the service into a folder in `out`, `overlay` laid over the package; its manifest.

        The other services of the stack are built as they are.
        """
        shutil.rmtree(out, ignore_errors=True)
        for name in declaration.names():
            changed = [f"--overlay={overlay}"] if overlay and name == self.service else []
            built = module("artifact", "build", "--service", name, "--out", str(out), *changed)
            self.run(f"build-{out.name}", built)
        manifest: dict[str, Any] = json.loads(self.manifest(out).read_text(encoding="utf-8"))
        return manifest

    def manifest(self, out: Path) -> Path:
        """Return where the manifest is of what was built into `out`."""
        return out / self.service / "manifest.json"

    def deploy(self, artifact: Path, **config: object) -> str:
        """Deploy what was built into `artifact`; return the version that it became."""
        self.run(f"deploy-{artifact.name}", self.deployment(artifact, config), self._tell)
        self.outputs = json.loads(self.outputs_file.read_text(encoding="utf-8"))
        self._empty = False
        return str(self.outputs["candidateVersion"])

    def deployment(self, artifact: Path, config: Mapping[str, object]) -> list[str]:
        """Return the command that deploys; nothing is taken over from an AWS that is gone."""
        given = {"artifact": artifact, **config}
        return module(
            *("engine", "up", "--stack", NAME),
            *("--directory", str(self.directory / "stacks" / NAME)),
            *(f"--config={key}={value}" for key, value in given.items()),
            *(["--fresh"] if self._empty else []),
        )

    def client(self, service: Any) -> Any:
        """Return a boto3 client of its AWS, which asks once."""
        return clients.client(service, self.environment)

    def run(
        self, name: str, command: list[str], echo: Callable[[str], None] | None = None
    ) -> Child:
        """Run a command that has to succeed; its log is called `name`."""
        child = self.children.run(name, command, self.environment, echo)
        if child.process.returncode != 0:
            raise UsageError(f"{name} ended with {child.process.returncode}: {child.last_line}")
        return child

    @property
    def outputs_file(self) -> Path:
        """Where a deployment leaves the service's outputs."""
        return outputs.path(self.directory / "stacks" / NAME, self.service)

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.outputs["lambdaFunctionName"])

    @property
    def alias_name(self) -> str:
        """The name of the alias that callers invoke."""
        return str(self.outputs["lambdaAliasName"])


def deployed(
    children: Children,
    directory: Path,
    *options: str,
    service: str | None = None,
    overlay: Path | None = None,
    config: Mapping[str, object] | None = None,
) -> Stack:
    """Build the artifact, start an emulated AWS and deploy to it; raises UsageError."""
    stack = Stack(children, directory, service=service)
    stack.build(directory / "artifact", overlay)
    stack.start(*options)
    stack.deploy(directory / "artifact", **(config or {}))
    return stack


def module(name: str, *arguments: str) -> list[str]:
    """Return the command of another part."""
    return [sys.executable, "-m", name, *arguments]
