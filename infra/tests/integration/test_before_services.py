"""A stack deployed before there were services keeps every resource."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT
from engine.state import Kept, Record, State

if TYPE_CHECKING:
    from infra.tests.integration.deployed import Deployed

BEFORE = json.loads(Path(__file__).with_name("before_services.json").read_text("utf-8"))
"""What the engine kept of the stack `local` when the program knew one function alone: URNs and
records, whose outputs are told where they are not the inputs."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return where a stack lies as it was then."""
    whole = [
        (urn, record | {"outputs": record["inputs"] | record.get("outputs", {})})
        for urn, record in BEFORE
    ]
    State(tmp_path / "state.json", [Kept(urn, Record(**record)) for urn, record in whole]).save()
    return tmp_path


def previewed(stack: Deployed, directory: Path) -> list[list[str]]:
    """Return what a deployment would do: operation, kind and name of each resource."""
    command = [
        *(sys.executable, "-m", "engine", "preview", "--stack", "local"),
        *("--directory", str(directory), f"--config=artifact={stack.artifact}"),
    ]
    ended = subprocess.run(
        command, cwd=ROOT, env=dict(stack.environment), check=True, capture_output=True, text=True
    )
    return [line.split() for line in ended.stdout.splitlines()]


def test_nothing_is_made_anew(stack: Deployed, directory: Path) -> None:
    """Descriptions, the dashboard, the code, and tags, which say where it came from, may change;
    alarms have come since.
    """
    done = previewed(stack, directory)
    assert {operation for operation, *_ in done} <= {"same", "update", "create"}
    created = [(kind, name) for operation, kind, name, *_ in done if operation == "create"]
    assert sorted(created) == [("MetricAlarm", "live-throttles"), ("MetricAlarm", "rejections")]
    assert len(done) - len(created) == sum(record["custom"] for _, record in BEFORE)
