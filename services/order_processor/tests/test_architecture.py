"""Which way dependencies point, held by reading the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "order_processor"
MODULES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.glob("*.py")}
LAYERS = [
    {"order", "currencies", "version", "settings", "startup", "text"},
    {"xray", "snapshot", "emf"},
    {"repository", "pricing", "schema", "meaning"},
    {"validation", "dynamodb"},
    {"process", "wiring"},
    {"observability"},
    {"handler"},
]


def _imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "order_processor":
            found |= {f"order_processor.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _users(*names: str) -> set[str]:
    return {module for module in MODULES for name in _imports(module) if name.startswith(names)}


def test_each_layer_imports_only_those_below() -> None:
    """Handler, use case, rules, values: no import points upwards."""
    level = {module: index for index, layer in enumerate(LAYERS) for module in layer}
    for module in MODULES.keys() - {"__init__"}:
        for name in _imports(module):
            if name.startswith("order_processor."):
                assert level[name.split(".")[1]] <= level[module], (module, name)


@pytest.mark.parametrize(
    ("names", "module"),
    [
        (("os",), "settings"),
        (("botocore",), "dynamodb"),
        (("order_processor.dynamodb",), "wiring"),
        (("order_processor.xray",), "observability"),
    ],
)
def test_one_module_for_each_part_of_the_outside(names: tuple[str, ...], module: str) -> None:
    """The environment, AWS and the wiring have one place each."""
    assert _users(*names) - {"handler"} == {module}


def test_one_seam_to_observability() -> None:
    """Replacing a provider touches one module: no other imports one, for its types neither."""
    assert _users("aws_lambda_powertools", "aws_xray_sdk") == {"observability"}


def test_importing_needs_no_environment() -> None:
    """Without a single variable and with no AWS, every module can be imported."""
    # `snapshot` is imported where Lambda takes one, and nowhere else.
    named = sorted(MODULES.keys() - {"__init__", "snapshot"})
    names = ", ".join(f"order_processor.{name}" for name in named)
    path = [str(PACKAGE.parent), *sys.path]
    script = f"import sys; sys.path[:0] = {path!r}; import {names}"
    result = subprocess.run(
        [sys.executable, "-c", script], env={}, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
