"""A workflow's role may do what the release commands it runs ask of AWS, read off their code."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
import release
import yaml
from console.checkout import ROOT

from infra.bootstrap.grants import KINDS
from infra.bootstrap.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RELEASE = Path(release.__file__).parent
SCOPE = Scope("123456789012", "us-east-1", "dev")
ADAPTERS = {
    "lambda_functions": ("lambda",),
    "lambda_history": ("lambda",),
    "cloudwatch": ("cloudwatch",),
    "sqs": ("sqs",),
    "discover": ("lambda", "sqs"),
}
"""What calls AWS, and which services."""

COMMANDS = {
    "deploy": [
        *[("smoke", "smoke"), ("warm", "warm"), ("canary", "canary"), ("promote", "promote")],
        *[("rollout", "Rollout"), ("prune", "prune"), ("status", "status")],
        *[("rollback", "rollback"), ("rollback", "end_canary")],
    ],
    "rollback": [
        *[("discover", "discover"), ("rollback", "rollback"), ("rollback", "end_canary")],
        ("status", "status"),
    ],
    "preview": [("discover", "discover"), ("drift", "drift")],
}
"""What is behind the commands that each kind of workflow runs: module, function or class."""

IAM = {"lambda:Invoke": "lambda:InvokeFunction"}
"""IAM's name of an operation, where it differs from the API's."""

VERSION = f"{SCOPE.functions[0]}:7"
QUALIFIED = {"DeleteFunction", "GetFunctionConfiguration", "InvokeFunction"}
"""What is asked of a version by its number, which Lambda checks against the qualified ARN."""


def resource(action: str) -> str:
    """What AWS checks the action against (Service Authorization Reference)."""
    service, _, name = action.partition(":")
    if action == "cloudwatch:GetMetricData":
        return "*"
    if service == "cloudwatch":
        # A composite alarm is shown to whoever may read all there is, and to nobody else.
        asked = (RELEASE / "aws/cloudwatch.py").read_text()
        return "*" if "CompositeAlarm" in asked else SCOPE.all_alarms
    if service == "sqs":
        return SCOPE.queues[0]
    return VERSION if name in QUALIFIED else SCOPE.functions[0]


def test_only_the_release_workflow_takes_the_deploy_role() -> None:
    """What the deploy role's trust compares is the file whose job takes it, and no other does."""
    root = ROOT
    schema = yaml.safe_load((root / "infra/bootstrap/Pulumi.yaml").read_text())["config"]
    taking = {
        str(path.relative_to(root)): job["environment"]["name"]
        if isinstance(job["environment"], dict)
        else job["environment"]
        for path in (root / ".github/workflows").glob("*.yml")
        for job in yaml.safe_load(path.read_text())["jobs"].values()
        if "configure-aws-credentials" in str(job.get("steps"))
    }
    assert len(taking) >= 4
    other = ("-preview", "-rollback", "-load")
    deploying = {path for path, named in taking.items() if not named.endswith(other)}
    assert deploying == {schema["releaseWorkflow"]["default"]}


@dataclass(frozen=True)
class Module:
    """A module of the release tool: its functions and classes, and what it imports from others."""

    defined: Mapping[str, ast.AST]
    methods: Mapping[str, ast.AST]
    imported: Mapping[str, tuple[str, str]]
    """Module and name of what a name stands for; a module itself has an empty name."""


@cache
def modules() -> dict[str, Module]:
    """Return the release tool's modules by their names, whichever folder they are in."""
    found = [path for path in RELEASE.rglob("*.py") if "tests" not in path.parts]
    return {path.stem: module(ast.parse(path.read_text())) for path in found}


def module(tree: ast.Module) -> Module:
    """Return what a module defines and imports."""
    defined = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    classes = [node for node in defined.values() if isinstance(node, ast.ClassDef)]
    methods = {n.name: n for node in classes for n in node.body if isinstance(n, ast.FunctionDef)}
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("release"):
            inner = (node.module or "").split(".")[1:]
            is_folder = (RELEASE / "/".join(inner)).is_dir()
            for alias in node.names:
                what = (alias.name, "") if is_folder else (inner[-1], alias.name)
                imported[alias.asname or alias.name] = what
    return Module(defined, methods, imported)


def calls(name: str, node: ast.AST) -> set[tuple[str, str]]:
    """Return module and name of everything in the release tool that a piece of code of the module
    `name` refers to; a method of something else has an empty module.
    """
    here, found = modules()[name], set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add((name, part.id) if part.id in here.defined else here.imported.get(part.id))
        elif isinstance(part, ast.Attribute):
            base = part.value.id if isinstance(part.value, ast.Name) else ""
            target, inner = here.imported.get(base, ("", "none"))
            found.add((target, part.attr) if not inner else ("", part.attr))
    return {one for one in found if one}


def operations(name: str, node: ast.AST) -> set[str]:
    """Return the actions that a piece of an adapter needs, with those of what it calls there."""
    here = modules()[name]
    pieces, waiting = {id(node): node}, [node]
    while waiting:
        for part in ast.walk(waiting.pop()):
            called = part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", None)
            inner = here.methods.get(called or "") or here.defined.get(called or "")
            if isinstance(inner, ast.FunctionDef) and id(inner) not in pieces:
                pieces[id(inner)] = inner
                waiting.append(inner)
    used = {word for piece in pieces.values() for word in words(piece)}
    actions = {
        f"{service}:{operation}"
        for service in ADAPTERS[name]
        for method, operation in client_methods(service).items()
        if method in used
    }
    return {IAM.get(action, action) for action in actions}


def words(node: ast.AST) -> Iterator[str]:
    """Yield the attributes in a piece of code, and its texts: a paginator is asked for by one."""
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


@cache
def client_methods(service: str) -> dict[str, str]:
    """Return the operation of each method that a client of the service has."""
    client = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
    known: dict[str, str] = client.meta.method_to_api_mapping
    return known


@cache
def needed(kind: str) -> frozenset[str]:
    """Return every action that the kind's commands can ask for.

    Functions are followed by module and name, an adapter's methods by their names alone.
    """
    reached: set[tuple[str, str]] = set()
    waiting = set(COMMANDS[kind])
    found: set[str] = set()
    while waiting:
        name, what = waiting.pop()
        reached.add((name, what))
        if not name:
            adapted = [(a, m) for a in ADAPTERS if (m := modules()[a].methods.get(what))]
            found |= {
                action for adapter, method in adapted for action in operations(adapter, method)
            }
        elif (node := modules()[name].defined.get(what)) is None:
            continue
        elif name not in ADAPTERS:
            waiting |= calls(name, node) - reached
        elif isinstance(node, ast.FunctionDef):
            found |= operations(name, node)
    return frozenset(found)


def granted(kind: Callable[[Scope], list[dict[str, object]]], action: str) -> bool:
    """Whether a statement of the role allows the action on its resource."""

    def listed(value: object) -> list[str]:
        return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]

    return any(
        action in listed(statement["Action"])
        and any(fnmatchcase(resource(action), to) for to in listed(statement["Resource"]))
        for statement in kind(SCOPE)
        if statement["Effect"] == "Allow" and not statement.get("Condition")
    )


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_role_may_do_what_its_commands_ask_for(kind: str) -> None:
    """Each operation that the code can reach is granted on the resource it is checked against."""
    missing = {action for action in needed(kind) if not granted(KINDS[kind], action)}
    assert not missing


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("deploy", "lambda:UpdateAlias"),
        ("deploy", "lambda:InvokeFunction"),
        ("deploy", "lambda:DeleteFunction"),
        ("deploy", "lambda:DeleteAlias"),
        ("deploy", "cloudwatch:GetMetricData"),
        ("rollback", "lambda:UpdateAlias"),
        ("rollback", "lambda:CreateAlias"),
        ("rollback", "sqs:GetQueueAttributes"),
        ("preview", "lambda:ListAliases"),
        ("preview", "sqs:GetQueueUrl"),
    ],
)
def test_the_reading_finds_what_the_commands_ask_for(kind: str, action: str) -> None:
    """A reading that found nothing would pass."""
    assert action in needed(kind)


def test_a_missing_grant_would_be_found() -> None:
    """The read-only role would not do for a rollout."""
    missing = {action for action in needed("deploy") if not granted(KINDS["preview"], action)}
    assert {"lambda:UpdateAlias", "lambda:InvokeFunction", "lambda:DeleteFunction"} <= missing
