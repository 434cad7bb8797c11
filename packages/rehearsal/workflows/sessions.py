"""The sessions that noxfile.py defines, read without running it."""

from __future__ import annotations

import ast

from console.checkout import ROOT


def table(name: str) -> dict[str, str]:
    """Return one of its tables of texts."""
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise LookupError(name)


def sessions() -> set[str]:
    """Return their names, from the list that a person is shown: it has them all."""
    return {name for names in table("GROUPS").values() for name in names.split()}
