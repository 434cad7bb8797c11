"""What a deployment left of each service: STACK/NAME/outputs.json, flat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from console.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE: Final = "outputs.json"


def path(stack: Path, service: str) -> Path:
    """Where a service's outputs lie in a stack's directory."""
    return stack / service / FILE


def by_service(exported: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the outputs of each service out of what a program exported; others are no service's.

    A stack that was last deployed before services had outputs of their own has none.
    """
    return {
        name: each
        for name, each in exported.items()
        if isinstance(each, dict) and each.get("service") == name
    }


def write(stack: Path, exported: Mapping[str, Any]) -> None:
    """Leave what a program exported in the stack's directory, and each service's own below it."""
    files = {path(stack, name): each for name, each in by_service(exported).items()}
    files[stack / FILE] = dict(exported)
    for file, content in files.items():
        write_whole(file, json.dumps(content, indent=2) + "\n")
    for file in _left(stack):
        if file not in files:  # of a service that is no longer there
            file.unlink()


def forget(stack: Path) -> None:
    """Take away what earlier deployments left."""
    for file in _left(stack):
        file.unlink()


def _left(stack: Path) -> list[Path]:
    return [file for pattern in (FILE, f"*/{FILE}") for file in stack.glob(pattern)]
