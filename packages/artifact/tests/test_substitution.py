"""Substitutes have what the kept modules take of them, and stand in for known originals only."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from artifact.substitution import REPLACED, SUBSTITUTES, substitute

if TYPE_CHECKING:
    from pathlib import Path

    from artifact.tests.conftest import Artifact

PACKAGES = ("botocore", "urllib3", "aws_lambda_powertools")


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _taken(root: Path, module: str) -> set[str]:
    """The names that other modules of the zip import from `module`, wherever it stands in them."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            here = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.ImportFrom) and _absolute(node, path, here) == module:
                    found |= {alias.name for alias in node.names}
    return found


def _absolute(node: ast.ImportFrom, path: Path, here: str) -> str:
    package = here if path.name == "__init__.py" else here.rpartition(".")[0]
    relative = "." * node.level + (node.module or "")
    return importlib.util.resolve_name(relative, package) if node.level else relative


@pytest.mark.parametrize("name", REPLACED)
def test_a_substitute_has_every_name_that_is_taken_of_it(artifact: Artifact, name: str) -> None:
    """Names and submodules: an import that the original satisfied is satisfied."""
    tree = ast.parse((SUBSTITUTES / name).read_bytes())
    offered = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    directory = (artifact.unpacked / name).parent
    submodules = {path.stem for path in directory.iterdir()} if "__init__" in name else set()
    used_by_none = {"botocore.docs": {"ServiceDocumenter"}}.get(_module(name), set())
    assert _taken(artifact.unpacked, _module(name)) - offered - submodules <= used_by_none


def test_the_zip_holds_the_substitutes(artifact: Artifact) -> None:
    """Each is there in place of its original."""
    for name in REPLACED:
        assert (artifact.unpacked / name).read_bytes() == (SUBSTITUTES / name).read_bytes()


def test_every_substitute_is_listed() -> None:
    """A file that nobody puts in place would be dead."""
    found = {path.relative_to(SUBSTITUTES).as_posix() for path in SUBSTITUTES.rglob("*.py")}
    assert found == REPLACED.keys()


@pytest.mark.parametrize("content", ["changed = True\n", None])
def test_an_unknown_original_stops_the_build(tmp_path: Path, content: str | None) -> None:
    """A dependency update that changes or drops one is looked at by a person."""
    for name in REPLACED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match="substitute"):
        substitute(tmp_path, REPLACED)


def test_a_substitute_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match=r"for 'six\.py'.* choose from aws_lambda_"):
        substitute(tmp_path, ["six.py"])


# Imports the function with the compiler of expressions counted, after taking over, or not.
_COUNT = """
import sys, re
if sys.argv[1] == "without":
    from order_processor import startup
    startup.NAME = "absent"
count, compile_ = 0, re._compiler.compile
def counting(*arguments):
    global count
    count += 1
    return compile_(*arguments)
re._compiler.compile = counting
import order_processor.handler
print(count)
"""


def _compiled(root: Path, how: str) -> int:
    command = [sys.executable, "-S", "-s", "-B", "-W", "error", "-c", _COUNT, how]
    result = subprocess.run(
        command, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    return int(result.stdout)


def test_the_libraries_expressions_come_compiled(artifact: Artifact) -> None:
    """Most of what would be compiled at each start is taken over; the rest is the service's own."""
    assert _compiled(artifact.unpacked, "with") < 25
    assert _compiled(artifact.unpacked, "without") > 60


def test_compiled_expressions_are_what_re_makes(artifact: Artifact) -> None:
    """Compiled from the build's form and compiled afresh they are equal, code included."""
    from order_processor import startup

    re.purge()
    startup.preload(artifact.unpacked)
    recorded = json.loads((artifact.unpacked / startup.NAME).read_bytes())["patterns"]
    taken = [re.compile(pattern, flags) for pattern, flags, *_ in recorded]
    re.purge()
    fresh = [re.compile(pattern, flags) for pattern, flags, *_ in recorded]
    assert len(recorded) > 60
    assert not any(one is other for one, other in zip(taken, fresh, strict=True))
    assert taken == fresh
    assert [each.groupindex for each in taken] == [each.groupindex for each in fresh]


@pytest.mark.parametrize("python", [["cpython-399", 0], None])
def test_another_pythons_expressions_are_left_alone(
    tmp_path: Path, python: list[object] | None
) -> None:
    """Neither they nor a missing file change anything."""
    from order_processor import startup

    if python:
        content = {"python": python, "patterns": [["a", 0, 32, "00", 0, {}, [None]]]}
        (tmp_path / startup.NAME).write_text(json.dumps(content))
    startup.preload(tmp_path)
    assert re.compile("a").match("a")
