"""The sessions that noxfile.py defines, read without running it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def sessions(noxfile: Path = ROOT / "noxfile.py") -> set[str]:
    """Return their names."""
    tree = ast.parse(noxfile.read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(decorator) for decorator in node.decorator_list)
    }
