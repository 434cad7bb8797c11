"""The emulated AWS and a stack on it, driven by the commands that a person would type."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from reporting.terminal import width
from sandbox.environment import local

from rehearsal import alias as alias_view
from rehearsal import commands, emulated, pulumi
from rehearsal.journal import INDENT, StepError
from rehearsal.settings import PULUMI_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from console.processes import Child, Children
    from types_boto3_lambda.client import LambdaClient

    from rehearsal.settings import Settings


class Stack:
    """What a rehearsal builds, deploys and releases to; `outputs` are those of the last deployment.

    Every method raises `StepError` where its command fails; `tell` hears what a deployment says.
    """

    def __init__(
        self, settings: Settings, children: Children, tell: Callable[[str], None] | None = None
    ) -> None:
        self.settings = settings
        self.children = children
        self.environment = local()
        self.outputs: dict[str, Any] = {}
        self._tell = tell
        self._lambda: LambdaClient | None = None

    def start(self) -> str:
        """Start the emulated AWS and take over the variables that lead clients to it."""
        _, found = emulated.start(self.children, self.settings)
        # What a command says is shown further right.
        self.environment = {**found, "COLUMNS": str(width() - INDENT)}
        if self.settings.engine == PULUMI_ENGINE:
            self.environment = pulumi.environment(self.settings, self.environment)
        self._lambda = alias_view.client(self.environment)
        return self.environment["AWS_ENDPOINT_URL"]

    def build(self, name: str, candidate: str | None) -> dict[str, Any]:
        """Build the artifact `name`, of the service or of a candidate; returns its manifest."""
        out = self.path(name)
        shutil.rmtree(out, ignore_errors=True)
        self.run(f"build-{name}", commands.build(out, self.settings.overlay(candidate)))
        manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    def deploy(self, name: str, *, fresh: bool) -> str:
        """Deploy the artifact called `name`; returns the version that it became."""
        command = commands.deploy(self.settings, self.path(name), fresh=fresh)
        self.run(f"deploy-{name}", command, self._tell)
        written = commands.outputs(self.settings).read_text(encoding="utf-8")
        self.outputs = json.loads(written)
        return self.candidate

    def operate(
        self, name: str, verb: str, artifact: str, *, status: int = 0, says: str = ""
    ) -> None:
        """Run one operation of Pulumi's engine, which has to end so and say that."""
        command = commands.operate(self.settings, verb, self.path(artifact))
        child = self.children.run(name, command, self.environment, self._tell)
        if child.process.returncode != status or says not in "\n".join(child.lines):
            raise StepError(f"{name} ended with {child.process.returncode}: {child.last_line}")

    def release(self, name: str, command: str, *arguments: str) -> Child:
        """Call the release tool; what it did is afterwards found as `result(name)`."""
        return self.run(name, self.release_command(name, command, *arguments))

    def try_release(self, name: str, command: str, *arguments: str) -> Child:
        """As `release`, whatever its exit status: a verdict may be a refusal."""
        return self.children.run(
            name, self.release_command(name, command, *arguments), self.environment
        )

    def release_command(self, name: str, command: str, *arguments: str) -> list[str]:
        """The command line of `release`."""
        path = self.path(f"{name}.json")
        path.unlink(missing_ok=True)
        return commands.release(self.settings, command, *arguments, result=path)

    def result(self, name: str) -> dict[str, Any]:
        """What the release command called `name` did."""
        path = self.path(f"{name}.json")
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StepError(f"{name} ended without saying what it did") from error
        return found

    def run(
        self, name: str, command: list[str], echo: Callable[[str], None] | None = None
    ) -> Child:
        """Run a command that has to succeed."""
        child = self.children.run(name, command, self.environment, echo)
        if child.process.returncode != 0:
            raise StepError(f"{name} ended with {child.process.returncode}: {child.last_line}")
        return child

    def alias(self) -> alias_view.AliasState:
        """What the alias serves now."""
        try:
            return alias_view.read(self.client, self.function, self.alias_name)
        except (BotoCoreError, ClientError) as error:
            raise StepError(f"the alias cannot be read: {error}") from error

    def serves_only(self, version: str) -> str:
        """Hold that the alias sends everything to one version; returns what it serves."""
        state = self.alias()
        if state.shares() != {version: 1}:
            raise StepError(f"the alias serves {state} instead of version {version} alone")
        return f"alias serves {state}"

    @property
    def client(self) -> LambdaClient:
        """A Lambda client for the emulated AWS."""
        if self._lambda is None:
            raise StepError("there is no emulator yet")
        return self._lambda

    @property
    def candidate(self) -> str:
        """The version of the last deployment."""
        return str(self.outputs["candidateVersion"])

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.outputs["lambdaFunctionName"])

    @property
    def alias_name(self) -> str:
        """The alias's name."""
        return str(self.outputs["lambdaAliasName"])

    def path(self, name: str) -> Path:
        """A file in the rehearsal's directory."""
        return self.settings.directory / name
