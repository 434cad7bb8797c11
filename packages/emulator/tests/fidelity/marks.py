"""Which tests say that they hold a behaviour, read from their source."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
MARK = "pytest.mark.behaviour"


def marked(directory: Path = TESTS) -> dict[str, list[str]]:
    """The tests of each id as `folder/file.py::function`, in the order of files and lines."""
    found: dict[str, list[str]] = {}
    for path in sorted(directory.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                test = f"{path.relative_to(directory).as_posix()}::{node.name}"
                for name in _ids(node):
                    found.setdefault(name, []).append(test)
    return found


def _ids(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARK:
            yield from (ast.literal_eval(argument) for argument in decorator.args)
