"""A team: its work tree, its backend and its stack, each run in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from console.checkout import ROOT
from engine import plugin

from infra.tests.integration.deployed import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_SECONDS = 300


FIRST = {
    "services": Path("infra/stacks/Pulumi.local.yaml"),
    "bootstrap": Path("infra/bootstrap/stacks/Pulumi.account.yaml"),
}
"""The stack file that a team of each program begins with."""


class Team:
    """One stack `name` of a program, on the backend `backend`, a directory."""

    def __init__(
        self,
        place: Path,
        aws: Mapping[str, str],
        artifact: Path,
        name: str,
        program: str = "services",
    ) -> None:
        self.place, self.name, self.artifact, self.program = place, name, artifact, program
        self.tree, self.backend = place / "tree", place / "backend"
        shutil.copytree(artifact, place / "artifact")
        self.stack_file = self.tree / FIRST[program].with_name(f"Pulumi.{name}.yaml")
        """The stack file as git tracks it."""
        for file in FIRST.values():
            (self.tree / file).parent.mkdir(parents=True)
        self.backend.mkdir()
        for document in ("Pulumi.yaml", "infra/bootstrap/Pulumi.yaml"):
            shutil.copy(ROOT / document, self.tree / document)
        for main in ("infra/__main__.py", "infra/bootstrap/__main__.py"):
            (self.tree / main).symlink_to(ROOT / main)
        self.configure()
        binaries = plugin.install(place / "bin").parent
        self.environment = {
            **aws,
            "PATH": f"{binaries}{os.pathsep}{aws['PATH']}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_HOME": str(place / "home"),
        }

    @property
    def project(self) -> dict[str, Any]:
        """The program's Pulumi.yaml."""
        folder = "infra/bootstrap" if self.program == "bootstrap" else ""
        text = (self.tree / folder / "Pulumi.yaml").read_text("utf-8")
        found: dict[str, Any] = yaml.safe_load(text)
        return found

    def configure(self, **settings: Any) -> None:
        """Write the stack file: the first one's with these settings."""
        document = yaml.safe_load((ROOT / FIRST[self.program]).read_text("utf-8"))
        own: dict[str, Any] = {"artifact": str(self.place / "artifact"), "reservedConcurrency": 1}
        given = (own if self.program == "services" else {}) | settings
        for key, value in given.items():
            document["config"][f"{self.project['name']}:{key}"] = value
        self.stack_file.write_text(yaml.safe_dump(document), "utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start one command of `deploy` on the stack."""
        verb, *further = arguments
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "infra.tests.pulumi.run", str(self.place)),
                *(verb, self.name, "--project", self.program, *further),
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
        left = ("main", "stackConfigDir")
        document = {key: value for key, value in self.project.items() if key not in left}
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

    @property
    def state(self) -> dict[str, Any]:
        """The state, as the CLI exports it."""
        found: dict[str, Any] = json.loads(self.pulumi("stack", "export"))["deployment"]
        return found

    def rename(self, name: str) -> None:
        """Rename the stack, as the CLI does it, and its stack file."""
        self.pulumi("stack", "rename", name)
        self.name = name
        self.stack_file = self.stack_file.rename(self.stack_file.with_name(f"Pulumi.{name}.yaml"))

    def page(self, name: str) -> str:
        """A page that a command left."""
        return (self.place / "outputs" / self.name / name).read_text("utf-8")

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs that the last deployment left: the service's, or the account's."""
        folder = f"{SERVICE.name}/" if self.program == "services" else ""
        found: dict[str, Any] = json.loads(self.page(f"{folder}outputs.json"))
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
