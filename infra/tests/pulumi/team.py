"""A team: its work tree, its backend and its stack, each run in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from console.checkout import ROOT
from engine import plugin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RUN_SECONDS = 300


class Team:
    """One stack `name` of the processor, on the backend `backend`, a directory."""

    def __init__(self, place: Path, aws: Mapping[str, str], artifact: Path, name: str) -> None:
        self.place, self.name, self.artifact = place, name, artifact
        self.tree, self.backend = place / "tree", place / "backend"
        shutil.copytree(artifact, place / "artifact")
        (self.tree / "infra" / "stacks").mkdir(parents=True)
        self.backend.mkdir()
        shutil.copy(ROOT / "Pulumi.yaml", self.tree)
        self.configure()
        binaries = plugin.install(place / "bin").parent
        self.environment = {
            **aws,
            "PATH": f"{binaries}{os.pathsep}{aws['PATH']}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_HOME": str(place / "home"),
        }

    @property
    def stack_file(self) -> Path:
        """The stack file as git tracks it."""
        return self.tree / "infra" / "stacks" / f"Pulumi.{self.name}.yaml"

    def configure(self, **settings: Any) -> None:
        """Write the stack file: `local`'s with these settings."""
        document = yaml.safe_load((ROOT / "infra/stacks/Pulumi.local.yaml").read_text("utf-8"))
        given = {"artifact": str(self.place / "artifact"), "reservedConcurrency": 1} | settings
        for key, value in given.items():
            document["config"][f"order-processing:{key}"] = value
        self.stack_file.write_text(yaml.safe_dump(document), "utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start one command of `deploy` on the stack."""
        verb, *further = arguments
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "infra.tests.pulumi.run", str(self.place)),
                *(verb, self.name, *further),
            ],
            cwd=ROOT,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run one command; return its status and all that it said."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=RUN_SECONDS)
        return process.returncode, out + err

    def must(self, *arguments: str, **environment: str) -> str:
        """Run one command, which has to end with 0; return what it said."""
        status, said = self.run(*arguments, **environment)
        assert status == 0, said
        return said

    def pulumi(self, *arguments: str) -> str:
        """Ask the CLI itself, in a directory with the project alone; return its answer."""
        place = self.place / "raw"
        place.mkdir(exist_ok=True)
        document = yaml.safe_load((self.tree / "Pulumi.yaml").read_text("utf-8"))
        del document["main"], document["stackConfigDir"]
        (place / "Pulumi.yaml").write_text(yaml.safe_dump(document), "utf-8")
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments, "--stack", self.name],
            cwd=place,
            env=self.environment | {"PULUMI_CONFIG_PASSPHRASE": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def page(self, name: str) -> str:
        """A page that a command left."""
        return (self.place / "outputs" / self.name / name).read_text("utf-8")

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs that the last deployment left."""
        found: dict[str, Any] = json.loads(self.page("outputs.json"))
        return found

    def client(self, service: Any) -> Any:
        """A client of the emulated AWS."""
        return boto3.client(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def function(self) -> str:
        """The function's name."""
        return f"order-processing-{self.name}"
