"""The stack under rehearsal: deployed as a person would, released by the release tool."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from reporting.terminal import width
from sandbox import stack
from sandbox.stack import module

from rehearsal import alias as alias_view
from rehearsal import pulumi
from rehearsal.journal import INDENT, StepError
from rehearsal.settings import PULUMI_ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from console.processes import Child, Children
    from types_boto3_lambda.client import LambdaClient

    from rehearsal.settings import Settings

# Lambda's two retries of a failed event take three minutes: after as long without an event
# arriving, one that is nowhere is lost.
QUIET_AWS_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Released:
    """A call of the release tool."""

    command: str
    child: Child
    path: Path

    @property
    def status(self) -> int | None:
        """The exit status."""
        return self.child.process.returncode

    @property
    def said(self) -> str:
        """The last line of what it said."""
        return self.child.last_line

    @property
    def result(self) -> dict[str, Any]:
        """What it did; raises StepError where it did not say so."""
        try:
            found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StepError(f"{self.command} ended without saying what it did") from error
        return found


class Stack(stack.Stack):
    """What a rehearsal builds, deploys and releases to. Methods raise StepError or UsageError."""

    def __init__(
        self, settings: Settings, children: Children, tell: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(children, settings.directory, tell, settings.service.name)
        self.settings = settings
        self.lambda_: LambdaClient
        self._numbers = itertools.count(1)

    def start(self, *options: str) -> None:
        """Start the emulated AWS as the settings want it, with further options."""
        settings = self.settings
        super().start(
            *("--seed", str(settings.seed), "--time-scale", str(settings.time_scale)),
            *("--latency", f"dynamodb={settings.storage_latency_ms}", *options),
        )
        # What a command says is shown further right.
        self.environment["COLUMNS"] = str(width() - INDENT)
        if settings.engine == PULUMI_ENGINE:
            self.environment = pulumi.environment(settings, self.environment)
        self.lambda_ = alias_view.client(self.environment)

    def build_candidate(self, name: str, candidate: str | None) -> dict[str, Any]:
        """Build the artifact `name`, of the service or of a candidate; returns its manifest."""
        return self.build(self.path(name), self.settings.overlay(candidate))

    def deployment(self, artifact: Path, config: Mapping[str, object]) -> list[str]:
        """Return the command that deploys, by the engine that the settings want."""
        if self.settings.engine == PULUMI_ENGINE:
            return self._operation("deploy", artifact)
        return super().deployment(artifact, config)

    def operate(
        self, name: str, verb: str, artifact: str, *, status: int = 0, says: str = ""
    ) -> None:
        """Run one operation of Pulumi's engine, which has to end so and say that."""
        command = self._operation(verb, self.path(artifact))
        child = self.children.run(name, command, self.environment, self._tell)
        if child.process.returncode != status or says not in "\n".join(child.lines):
            raise StepError(f"{name} ended with {child.process.returncode}: {child.last_line}")

    def _operation(self, verb: str, artifact: Path) -> list[str]:
        return pulumi.command(self.settings, verb, self.outputs_file.parents[2], artifact)

    def release(self, command: str, *arguments: str, status: int | None = 0) -> Released:
        """Call the release tool; it has to end with `status`, where one is given."""
        released = self.start_release(command, *arguments)
        released.child.wait()
        if status not in (None, released.status):
            raise StepError(f"{command} ended with {released.status}: {released.said}")
        return released

    def start_release(self, command: str, *arguments: str) -> Released:
        """Start the release tool and do not wait for its end."""
        name = f"release-{next(self._numbers)}-{command}"
        path = self.path(f"{name}.json")
        path.unlink(missing_ok=True)
        where = ("--outputs", str(self.outputs_file))
        line = module("release", *where, command, *arguments, "--json", str(path))
        return Released(command, self.children.start(name, line, self.environment), path)

    def load(self, run_log: Path) -> list[str]:
        """Return the command that loads the alias with the peak hour, and reconciles it."""
        settings = self.settings
        return module(
            *("loadtest", "run", "--scenario", "peak_hour", "--seed", str(settings.seed)),
            *("--peak-rate", str(settings.peak_rate), "--duration", str(settings.load_seconds)),
            *self._reconciled(run_log),
        )

    def reconciliation(self, run_log: Path) -> list[str]:
        """Return the command that finds what became of every event that a run log has."""
        return module("loadtest", "report", *self._reconciled(run_log))

    def _reconciled(self, run_log: Path) -> tuple[str, ...]:
        quiet = QUIET_AWS_SECONDS / self.settings.time_scale
        return (
            *("--outputs", str(self.outputs_file), "--run-log", str(run_log)),
            *("--quiet-seconds", str(quiet), "--drain-seconds", "30"),
        )

    def alias(self) -> alias_view.AliasState:
        """What the alias serves now."""
        try:
            return alias_view.read(self.lambda_, self.function, self.alias_name)
        except (BotoCoreError, ClientError) as error:
            raise StepError(f"the alias cannot be read: {error}") from error

    def serves_only(self, version: str) -> str:
        """Hold that the alias sends everything to one version; returns what it serves."""
        state = self.alias()
        if state.shares() != {version: 1}:
            raise StepError(f"the alias serves {state} instead of version {version} alone")
        return f"alias serves {state}"

    @property
    def candidate(self) -> str:
        """The version of the last deployment."""
        return str(self.outputs["candidateVersion"])

    def path(self, name: str) -> Path:
        """A file in the rehearsal's directory."""
        return self.settings.directory / name
