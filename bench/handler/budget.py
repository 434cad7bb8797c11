"""What initialising may cost: committed figures, each with a small margin for what is not ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console import lifelines
from console.checkout import ROOT
from reporting import amounts

from bench.handler.environment import ISOLATED, variables
from bench.handler.task_roots import interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from bench.handler.environment import Surroundings
    from bench.handler.task_roots import Subject

FILE = ROOT / "services/order_processor/budget.json"
BYTES_MARGIN = 1.01
"""zlib versions compress differently; 1 % is also less than any library."""
RATIO_MARGIN = 1.02
"""Instructions over the floor: patch releases of Python and of the C library move it."""
STANDARD_MODULES_MARGIN = 5
"""Patch releases of Python split a module now and then."""

_LIST = """
import sys, awslambdaric.bootstrap, awslambdaric.lambda_runtime_client
before = set(sys.modules)
import order_processor.handler
new = {name: getattr(sys.modules[name], "__file__", None) for name in sys.modules.keys() - before}
inside = sorted(name for name, file in new.items() if (file or "").startswith(sys.argv[1]))
import json
print(json.dumps([inside, len(new) - len(inside)]))
"""


@dataclass(frozen=True)
class Cost:
    """Of one Python minor version. `modules` are the zip's own, imported by initialising.

    `init_over_floor` is a ratio of instructions, None where they were not counted.
    """

    zip_bytes: int
    modules: frozenset[str]
    standard_modules: int
    init_over_floor: float | None


def modules(ours: Subject, surroundings: Surroundings) -> tuple[frozenset[str], int]:
    """Names from the zip, and how many from the standard library, that initialising imports."""
    command = [interpreter(), *ISOLATED, "-c", _LIST, str(ours.root)]
    result = lifelines.run(
        command,
        cwd=ours.root,
        env=variables(ours, surroundings),
        capture_output=True,
        text=True,
        check=True,
    )
    inside, others = json.loads(result.stdout.splitlines()[-1])
    return frozenset(inside), others


def excesses(actual: Cost, allowed: Cost) -> list[str]:
    """Say in sentences where `actual` is more than `allowed` and its margin."""
    found = []
    if actual.zip_bytes > allowed.zip_bytes * BYTES_MARGIN:
        found.append(
            f"The zip has {amounts.count(actual.zip_bytes)} bytes, over "
            f"{amounts.count(allowed.zip_bytes)} + 1 %."
        )
    if added := sorted(actual.modules - allowed.modules):
        found.append(f"Initialising imports more of the zip: {', '.join(added)}.")
    if actual.standard_modules > allowed.standard_modules + STANDARD_MODULES_MARGIN:
        found.append(
            f"Initialising imports {actual.standard_modules} standard modules,"
            f" over {allowed.standard_modules} + {STANDARD_MODULES_MARGIN}."
        )
    ratio, limit = actual.init_over_floor, allowed.init_over_floor
    if ratio is not None and limit is not None and ratio > limit * RATIO_MARGIN:
        found.append(
            f"Initialising takes {amounts.number(ratio)} times the floor, over "
            f"{amounts.number(limit)} + 2 %."
        )
    return found


def read(minor: str, file: Path = FILE) -> Cost | None:
    """Return the committed budget of a Python minor version; None where there is none."""
    recorded = _content(file).get(minor)
    if recorded is None:
        return None
    return Cost(
        recorded["zipBytes"],
        frozenset(recorded["modules"]),
        recorded["standardModules"],
        recorded["initOverFloorInstructions"],
    )


def update(minor: str, cost: Cost, file: Path = FILE) -> None:
    """Commit `cost` as the budget of a Python minor version; the other versions' stay."""
    content = _content(file) | {
        minor: {
            "zipBytes": cost.zip_bytes,
            "initOverFloorInstructions": cost.init_over_floor,
            "standardModules": cost.standard_modules,
            "modules": sorted(cost.modules),
        }
    }
    file.write_text(json.dumps(dict(sorted(content.items())), indent=2) + "\n")


def _content(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {}
    return content
