"""The sessions that noxfile.py defines, read without running it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def sessions(noxfile: Path = ROOT / "noxfile.py") -> set[str]:
    """Return their names: those of its functions, and those of its tables."""
    functions = {
        node.name
        for node in ast.parse(noxfile.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(each) for each in node.decorator_list)
    }
    return functions | rows_of("RUNS", noxfile) | rows_of("RELEASES", noxfile)


def rows_of(table: str, noxfile: Path = ROOT / "noxfile.py") -> set[str]:
    """Return the names of the sessions in one of its tables."""
    for node in ast.parse(noxfile.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            return set(re.findall(r"'(\w+)': \w+\(", ast.unparse(node.value)))
    return set()
