"""The steps of a rehearsal: what each does, and what it must see to hold."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal import alias as alias_view
from rehearsal import commands
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from types_boto3_lambda.client import LambdaClient

    from rehearsal.journal import Journal
    from rehearsal.processes import Child, Children
    from rehearsal.settings import Settings

EMULATOR_START_SECONDS = 30.0
# The watch outlasts the load by the few seconds that Locust takes to start and metrics to arrive.
WATCH_MARGIN_SECONDS = 8.0


@dataclass(slots=True)
class Facts:
    """What the steps saw and later steps, or the report, need."""

    artifact: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    alias_before: str = ""
    alias_canary: dict[str, float] = field(default_factory=dict)
    alias_after: str = ""
    gate: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    rollback_seconds: float | None = None
    refused_by_smoke: bool = False
    marks: list[tuple[float, str]] = field(default_factory=list)


class Rehearsal:
    """One rehearsal: its children, its record, and the facts gathered on the way."""

    def __init__(self, settings: Settings, children: Children, journal: Journal) -> None:
        self.settings = settings
        self.children = children
        self.journal = journal
        self.facts = Facts()
        self.environment = clean_environment()
        self.started = time.time()
        self.lambda_: LambdaClient | None = None
        self.watcher: alias_view.Watcher | None = None
        self._gate: Child | None = None

    # Each step returns one sentence about what it saw and raises StepError where it did not hold.

    def build_first(self) -> str:
        """Build the artifact of version 1."""
        self.facts.artifact = self._build("artifact-1", None)
        return describe(self.facts.artifact)

    def start_emulator(self) -> str:
        """Start the emulated AWS and take over the variables that lead clients to it."""
        env_file = self.settings.directory / "emulator.env"
        env_file.unlink(missing_ok=True)
        child = self.children.start(
            "emulator", commands.emulator(self.settings, env_file), self.environment
        )
        deadline = time.monotonic() + EMULATOR_START_SECONDS
        while not env_file.exists():
            if child.process.poll() is not None:
                raise StepError(f"the emulator ended: {child.last_line}")
            if time.monotonic() > deadline:
                raise StepError(f"the emulator was not ready after {EMULATOR_START_SECONDS:.0f} s")
            time.sleep(0.05)
        lines = env_file.read_text(encoding="utf-8").splitlines()
        self.environment |= dict(line.split("=", 1) for line in lines if "=" in line)
        self.lambda_ = alias_view.client(self.environment)
        return f"ready at {self.environment['AWS_ENDPOINT_URL']}"

    def deploy_first(self) -> str:
        """Deploy the stack `local` with the first artifact."""
        self._deploy("artifact-1", fresh=True)
        outputs = self.facts.outputs
        self.watcher = alias_view.Watcher(
            self._client(), outputs["lambdaFunctionName"], outputs["lambdaAliasName"]
        )
        self.watcher.start()
        return f"{outputs['lambdaFunctionName']} version {outputs['candidateVersion']}"

    def go_live(self) -> str:
        """Make version 1 the live one."""
        version = str(self.facts.outputs["candidateVersion"])
        self._release("smoke-1", "smoke", "--version", version)
        self._release("promote-1", "promote", "--version", version)
        self.facts.alias_before = self._alias().version
        if self._alias().shares() != {version: 1}:
            raise StepError(f"the alias serves {self._alias()} instead of version {version} alone")
        return f"alias serves {self._alias()}"

    def deploy_second(self) -> str:
        """Build and deploy the candidate; the alias must not move."""
        before = self._alias()
        self.facts.artifact = self._build("artifact-2", self.settings.candidate)
        self._deploy("artifact-2", fresh=False)
        if self._alias() != before:
            raise StepError(f"the deployment moved the alias from {before} to {self._alias()}")
        if self.candidate == before.version:
            raise StepError("the changed artifact did not become a new version")
        return f"version {self.candidate} is published; the alias still serves {before}"

    def smoke(self) -> str:
        """Send synthetic orders to the candidate by its version number.

        Some faulty candidates show here already: they never see an order of a customer.
        """
        command = ("smoke", "--version", self.candidate)
        if not self.settings.fault:
            return self._release("smoke-2", *command).last_line
        child = self.children.run(
            "smoke-2",
            commands.release(self.settings, *command, result=self._path("smoke-2.json")),
            self.environment,
        )
        self.facts.refused_by_smoke = child.process.returncode == 1
        return child.last_line

    def canary(self) -> str:
        """Give the candidate its first share of the traffic."""
        weight = str(self.settings.canary_weight)
        self._release("canary", "canary", "--version", self.candidate, "--weight", weight)
        self.facts.alias_canary = self._alias().shares()
        return f"alias serves {self._alias()}"

    def load(self) -> str:
        """Drive the peak hour at the alias, while the gate watches the candidate."""
        self.mark("canary")
        watch = self.settings.load_seconds + WATCH_MARGIN_SECONDS
        arguments = ("--version", self.candidate, "--bake", str(watch), "--poll", "1")
        minimum = ("--minimum-samples", str(self.settings.minimum_samples))
        self._gate = self.children.start(
            "gate",
            commands.release(
                self.settings, "gate", *arguments, *minimum, result=self._path("gate.json")
            ),
            self.environment,
        )
        ledger = self.settings.directory / "load"
        shutil.rmtree(ledger, ignore_errors=True)
        child = self.children.run(
            "load", commands.load(self.settings, ledger), self.environment, self.journal.tell
        )
        summary = ledger / "summary.json"
        if not summary.exists():
            raise StepError(f"the load ended without a summary: {child.last_line}")
        self.facts.load = json.loads(summary.read_text(encoding="utf-8"))
        orders, throttle = self.facts.load["orders"], self.facts.load["throttle"]
        predicted = throttle["predictedShare"]
        seen = f"{orders['sent']} orders, {throttle['share']:.1%} of the attempts throttled"
        if predicted is not None:
            seen += f" (Erlang-B predicts {predicted:.1%})"
        if throttle["throttled"] == 0:
            raise StepError(f"{seen}: the peak never exceeded the reserved concurrency")
        # A faulty candidate breaks the load's thresholds by design; the gate is what judges it.
        if self.facts.load["verdict"] != "pass" and not self.settings.fault:
            raise StepError(f"{seen}; {' '.join(self.facts.load['reasons'])}")
        return seen

    def gate(self) -> str:
        """Hear the gate's decision."""
        if self._gate is None:
            raise StepError("the gate was never started")
        self._gate.wait()
        result = self._path("gate.json")
        if not result.exists():
            raise StepError(f"the gate ended without a decision: {self._gate.last_line}")
        self.facts.gate = json.loads(result.read_text(encoding="utf-8"))
        decision, reasons = self.facts.gate["decision"], self.facts.gate.get("reasons", [])
        said = f"{decision}: {'; '.join(reasons)}" if reasons else decision
        self.mark(f"gate: {decision}")
        if decision != self.expected_decision:
            raise StepError(f"{said} (expected {self.expected_decision})")
        return said

    def promote(self) -> str:
        """Point the alias at the candidate alone."""
        self._release("promote-2", "promote", "--version", self.candidate)
        self.mark("promote")
        return self._serves_only(self.candidate)

    def alias_is_back(self) -> str:
        """See that the gate itself has put the alias back."""
        return f"{self._serves_only(self.facts.alias_before)}, without a person"

    def refused_already(self) -> bool:
        """Whether there is nothing left to shift, load or judge."""
        return self.facts.refused_by_smoke

    def reconcile(self) -> str:
        """See that every order sent has exactly one end."""
        orders = self.facts.load["orders"]
        ends = ("confirmed", "rejected", "deadLettered", "throttled", "failed", "lost")
        counted = ", ".join(f"{orders.get(end, 0)} {end}" for end in ends)
        if orders["lost"] or orders["duplicated"] or orders.get("unverified"):
            raise StepError(f"{counted}, {orders['duplicated']} duplicated")
        return f"{orders['sent']} sent: {counted}, {orders['duplicated']} duplicated"

    def roll_back_and_forward(self) -> str:
        """Roll back to version 1 and forward again, one alias write each."""
        started = time.monotonic()
        self._release("rollback", "rollback")
        self.facts.rollback_seconds = round(time.monotonic() - started, 2)
        self.mark("roll back")
        self._serves_only(self.facts.alias_before)
        # A second rollback leads to the version that was live before the first one.
        self._release("forward", "rollback")
        self.mark("forward")
        forward = self._serves_only(self.candidate)
        return f"back in {self.facts.rollback_seconds:.1f} s, and forward: {forward}"

    # What the steps share.

    @property
    def candidate(self) -> str:
        """The version under rehearsal."""
        return str(self.facts.outputs["candidateVersion"])

    @property
    def expected_decision(self) -> str:
        """What the gate has to say of this candidate."""
        return "fail" if self.settings.fault else "pass"

    def mark(self, what: str) -> None:
        """Remember a moment for the plot of the alias."""
        self.facts.marks.append((time.time(), what))

    def _path(self, name: str) -> Path:
        return self.settings.directory / name

    def _client(self) -> LambdaClient:
        if self.lambda_ is None:
            raise StepError("there is no emulator yet")
        return self.lambda_

    def _alias(self) -> alias_view.AliasState:
        outputs = self.facts.outputs
        try:
            return alias_view.read(
                self._client(), outputs["lambdaFunctionName"], outputs["lambdaAliasName"]
            )
        except (BotoCoreError, ClientError) as error:
            raise StepError(f"the alias cannot be read: {error}") from error

    def _serves_only(self, version: str) -> str:
        state = self._alias()
        if state.shares() != {version: 1}:
            raise StepError(f"the alias serves {state} instead of version {version} alone")
        self.facts.alias_after = state.version
        return f"alias serves {state}"

    def _build(self, name: str, overlay: Path | None) -> dict[str, Any]:
        out = self._path(name)
        self._run(f"build-{name}", commands.build(out, overlay))
        manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    def _deploy(self, artifact: str, *, fresh: bool) -> None:
        command = commands.deploy(self.settings, self._path(artifact), fresh=fresh)
        self._run(f"deploy-{artifact}", command, self.journal.tell)
        written = commands.outputs(self.settings).read_text(encoding="utf-8")
        self.facts.outputs = json.loads(written)

    def _release(self, name: str, command: str, *arguments: str) -> Child:
        result = self._path(f"{name}.json")
        return self._run(name, commands.release(self.settings, command, *arguments, result=result))

    def _run(
        self, name: str, command: list[str], echo: Callable[[str], None] | None = None
    ) -> Child:
        child = self.children.run(name, command, self.environment, echo)
        if child.process.returncode != 0:
            raise StepError(f"{name} ended with {child.process.returncode}: {child.last_line}")
        return child


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything that leads to a real AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}


def describe(manifest: dict[str, Any]) -> str:
    """Say what an artifact is in one line."""
    return f"{manifest['bytes'] / 1e6:.2f} MB, sha256 {manifest['sha256'][:12]}"
