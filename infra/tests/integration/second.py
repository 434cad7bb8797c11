"""A stack beside `local`, so that what changes it changes nothing under the other tests."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import engine
from console.checkout import ROOT

from infra.tests.integration.deployed import SERVICE, build_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.tests.integration.deployed import Deployed


class Second:
    """Another stack on the same AWS, with the artifact of this machine's Python."""

    def __init__(self, first: Deployed, directory: Path, stack: str) -> None:
        self.first, self.directory, self.stack = first, directory, stack
        self.function = f"order-processing-{stack}"

    def config(self, artifact: Path | None = None) -> dict[str, str]:
        """Return the overrides of its deployments."""
        return {
            "runtime": "manifest",
            "guardData": "false",
            "permissionsBoundaryArn": "none",
            "artifact": str(artifact or self.first.artifact),
        }

    def up(
        self, artifact: Path | None = None, *, refreshed: bool = False, **config: str
    ) -> tuple[dict[str, Any], list[str]]:
        """Deploy; return the outputs and the lines of progress."""
        lines: list[str] = []
        outputs = engine.up(
            self.stack,
            self.config(artifact) | config,
            directory=self.directory,
            refreshed=refreshed,
            env=self.first.environment,
            progress=lines.append,
        )
        return outputs[SERVICE.name], lines

    def alias(self) -> Mapping[str, Any]:
        """Return the alias as Lambda holds it."""
        return self.first.lambda_.get_alias(FunctionName=self.function, Name="production")

    def move_alias(self, version: str, weights: dict[str, float] | None = None) -> None:
        """Write the alias as the release tool does."""
        self.first.lambda_.update_alias(
            FunctionName=self.function,
            Name="production",
            FunctionVersion=version,
            Description=f'{{"previous":"{version}"}}',
            RoutingConfig={"AdditionalVersionWeights": weights or {}},
        )

    def kill_at(self, resource: str, artifact: Path | None = None) -> None:
        """Deploy, and kill the deployment without warning as it comes to `resource`."""
        pairs = [f"--config={key}={value}" for key, value in self.config(artifact).items()]
        command = [sys.executable, "-m", "engine", "up", "--stack", self.stack, *pairs]
        with subprocess.Popen(
            [*command, "--directory", str(self.directory)],
            cwd=ROOT,
            env=self.first.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            reached = any(resource in line for line in process.stdout or ())
            process.kill()
        assert reached

    def redeployed(self, label: str, directory: Path) -> dict[str, Any]:
        """Deploy an artifact whose code differs; return the outputs."""
        build_artifact(directory, label)
        return self.up(directory)[0]

    def recover(self) -> None:
        """Settle what a killed deployment left open."""
        engine.recover(self.stack, directory=self.directory, env=self.first.environment)

    def destroy(self) -> None:
        """Delete the stack."""
        engine.destroy(self.stack, directory=self.directory, env=self.first.environment)
