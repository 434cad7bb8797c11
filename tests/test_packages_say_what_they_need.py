"""Each package's pyproject.toml names what its modules import."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from console.checkout import PACKAGES

ELSEWHERE = {"tests", "substitutes", "patterns.py"}
"""Tests, which may know more, and what runs with the libraries of a service's zip."""
DISTRIBUTIONS = packages_distributions()
FOLDERS = sorted(path.name for path in PACKAGES.iterdir() if (path / "__init__.py").is_file())


def imported(name: str) -> Iterator[str]:
    """Yield the top packages that a package's modules import; tests apart."""
    for path in sorted((PACKAGES / name).rglob("*.py")):
        if ELSEWHERE & set(path.relative_to(PACKAGES).parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]


def providers(top: str) -> set[str]:
    """Return the distributions that a top package may come from, as a pyproject.toml says them."""
    if top in FOLDERS:
        return {f"lambda-{top}"}
    return {re.sub(r"[-_.]+", "-", each).lower() for each in DISTRIBUTIONS.get(top, (top,))}


def declared(name: str) -> set[str]:
    """Return what a package's pyproject.toml names, extras included."""
    project = tomllib.loads((PACKAGES / name / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == f"lambda-{name}"
    extras = project.get("optional-dependencies", {}).values()
    return {
        re.split(r"[\[<>=!~ ;]", each)[0]
        for each in [*project["dependencies"], *(each for extra in extras for each in extra)]
    }


@pytest.mark.parametrize("name", FOLDERS)
def test_a_package_declares_what_it_imports(name: str) -> None:
    """Whoever installs it alone gets what it needs."""
    there = declared(name)
    tops = {top for top in imported(name) if not top.startswith("types_")}  # annotations alone
    foreign = tops - {name} - sys.stdlib_module_names
    assert [top for top in sorted(foreign) if not providers(top) & there] == []


def test_every_member_is_looked_at() -> None:
    """A folder without a package would pass unread."""
    assert [path.parent.name for path in sorted(PACKAGES.glob("*/pyproject.toml"))] == FOLDERS
