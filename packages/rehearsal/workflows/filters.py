"""Which branches and paths start a workflow, and which may use an environment."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from rehearsal.workflows.github import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PLAIN = re.compile(r"[\w./*-]+")
_WILD = re.compile(r"\*\*|\*|[^*]+")


def starts(on: Mapping[str, Any] | None, ref: str, changed: Iterable[str]) -> bool:
    """Whether a push to a branch that changed these files starts a workflow with that `on.push`."""
    rules = on or {}
    branch = ref.removeprefix("refs/heads/")
    if "branches" in rules and not _any(rules["branches"], branch):
        return False
    ignored = rules.get("paths-ignore", [])
    return not ignored or not all(_any(ignored, path) for path in changed)


def may_deploy(branches: Sequence[str] | None, ref: str) -> bool:
    """Whether a run of that ref passes an environment's branch rules; None are no rules.

    As Ruby's `File.fnmatch` with FNM_PATHNAME: a star stands for no slash
    (https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments).
    """
    name = ref.removeprefix("refs/heads/")
    return branches is None or any(
        rule.count("/") == name.count("/") and fnmatchcase(name, rule) for rule in branches
    )


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(_pattern(pattern).fullmatch(text) for pattern in patterns)


def _pattern(pattern: str) -> re.Pattern[str]:
    """docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, its last part."""
    if not _PLAIN.fullmatch(pattern):
        raise DefinitionError(f"the filter {pattern} is not understood here")
    wild = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(wild.get(part) or re.escape(part) for part in _WILD.findall(pattern)))
