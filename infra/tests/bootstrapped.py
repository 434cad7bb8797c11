"""The bootstrap's program, run against the recording monitor."""

from __future__ import annotations

from console.checkout import ROOT

from infra.bootstrap import program, settings
from infra.tests.recording import Recording, run, stack_config

DIRECTORY = ROOT / "infra" / "bootstrap"
ACCOUNT, REGION = "123456789012", "us-east-1"


def config(**changes: str) -> dict[str, str]:
    """Return the committed stack's values, with `changes`."""
    changed = {f"{settings.PROJECT}:{key}": value for key, value in changes.items()}
    return stack_config("account", DIRECTORY) | changed


def prepare(**changes: str) -> Recording:
    """Run the real program for the committed stack."""
    return run("account", config(**changes), program.deploy, settings.PROJECT)
