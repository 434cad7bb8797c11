"""The bootstrap's program, run against the recording monitor."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from console.checkout import ROOT
from service import creation, declaration

from infra.bootstrap import program, settings
from infra.bootstrap.scope import Scope
from infra.tests.recording import Recording, run, stack_config

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Service

DIRECTORY = ROOT / "infra" / "bootstrap"
ACCOUNT, REGION = "123456789012", "us-east-1"


def config(**changes: str) -> dict[str, str]:
    """Return the committed stack's values, with `changes`."""
    changed = {f"{settings.PROJECT}:{key}": value for key, value in changes.items()}
    return stack_config("account", DIRECTORY) | changed


def prepare(**changes: str) -> Recording:
    """Run the real program for the committed stack."""
    return run("account", config(**changes), program.deploy, settings.PROJECT)


def services(folder: Path, count: int) -> tuple[Service, ...]:
    """Make new services in `folder`, beside a copy of those here, until there are `count`."""
    shutil.copytree(declaration.FOLDER, folder, dirs_exist_ok=True)
    for number in range(len(declaration.names(folder)), count):
        creation.create(f"processor_nr_{number:05d}", folder)
    return declaration.load_all(folder)


def several(stack: str, count: int) -> Scope:
    """A stack with that many services, whose names in AWS are as long as those here."""
    (first, *_) = declaration.load_all()
    names = [f"{number:03d}-processing-x"[:16] for number in range(count)]
    return Scope(ACCOUNT, REGION, stack, tuple(replace(first, name=n, resources=n) for n in names))
