"""Runs the load test's command in a process of its own against the stub."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.checkout import ROOT
from service import declaration, probes

from load.tests.stub import Stub

THRESHOLDS = Path(__file__).with_name("patient.toml")
"""Those of the scenarios here, with times that hold on a machine with much else to do."""
OUTPUTS = {
    "stack": "local",
    "service": declaration.default(),
    "lambdaFunctionName": "order-processing-local",
    "lambdaAliasName": "production",
    "tableName": "events",
    "dlqQueueUrl": "http://127.0.0.1:1/1/dlq",
    "logGroupName": "/aws/lambda/order-processing-local",
}
PROBES = probes.load(declaration.chosen())


def outputs_file(directory: Path, outputs: dict[str, str]) -> Path:
    """Write a stack's outputs."""
    file = directory / "outputs.json"
    file.write_text(json.dumps(outputs))
    return file


@dataclass
class Done:
    """A finished command and the run log it left."""

    status: int
    output: str
    error: str
    run_log: Path
    stub: Stub

    @property
    def summary(self) -> dict[str, Any]:
        """The report."""
        found: dict[str, Any] = json.loads((self.run_log / "summary.json").read_text())
        return found


def run(
    directory: Path,
    stub: Stub,
    *extra: str,
    outputs: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
) -> Done:
    """Run the load test's command on a short scenario against the stub."""
    file = outputs_file(directory, OUTPUTS if outputs is None else outputs)
    run_log = directory / "run log"
    command = [sys.executable, "-m", "loadtest", "run", "--outputs", str(file)]
    command += ["--run-log", str(run_log), "--scenario", "peak_hour", "--seed", "7"]
    command += ["--peak-rate", "120", "--duration", "4", "--quiet-seconds", "2"]
    command += ["--thresholds", str(THRESHOLDS), *extra]
    variables = {**os.environ, **stub.environment, **(environment or {})}
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr, run_log, stub)
