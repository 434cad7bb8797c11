"""What a deployment left of each service: STACK/NAME/outputs.json, flat."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final

from console.errors import UsageError
from console.files import write_whole

from service.declaration import Outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from service.declaration import Service

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


def outcomes_output(service: Service) -> dict[str, Any]:
    """Return the output that says how a service counts its outcomes; none where it does not."""
    declared = service.outcomes
    return {"outcomes": asdict(declared) | {"reasons": [*declared.reasons]}} if declared else {}


def read_outcomes(values: Mapping[str, Any]) -> Outcomes | None:
    """Return what a service's outputs say of it; None where they say nothing. UsageError."""
    given = values.get("outcomes")
    if given is None:
        return None
    known = {each.name for each in fields(Outcomes)}
    whole = isinstance(given, dict) and given.keys() == known
    if not whole or not isinstance(given["reasons"], list):
        raise UsageError("The outputs' outcomes are not those of a service: deploy again.")
    return Outcomes(**{**given, "reasons": tuple(given["reasons"])})


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
