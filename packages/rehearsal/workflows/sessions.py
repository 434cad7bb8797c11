"""The sessions that noxfile.py defines, read without running it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def sessions(noxfile: Path = ROOT / "noxfile.py") -> set[str]:
    """Return their names: those of its functions, and those of its table `RUNS`."""
    found: set[str] = set()
    for node in ast.parse(noxfile.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            if any("nox.session" in ast.unparse(each) for each in node.decorator_list):
                found.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RUNS":
            rows = ast.unparse(node.value)
            found |= {ast.literal_eval(name) for name in re.findall(r"('\w+'): Run\(", rows)}
    return found
