"""No default that nobody chose: each argument left out has a line that says what is taken, and why.

What is taken is compared with the provider that the rehearsal deploys with, and with what the AWS
provider's own documentation says in the docstrings of its SDK.
"""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engine.providers import PROVIDERS
from pulumi import _types

from infra.tests import recording

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE: dict[str, dict[str, tuple[Any, str]]] = tomllib.loads(
    Path(__file__).with_name("left_out.toml").read_text(encoding="utf-8")
)
DOCUMENTED = (
    r"[Dd]efault(?:s to| is| value is| for this attribute is) `?(\w+)(?:`| seconds|,|\.| \()",
    r"`(\w+)` \(default\)",
)
"""How the SDK's docstrings word a default."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Return what the program gives of each resource type, with everything optional configured."""
    found = recording.deploy(
        "prod",
        recording.write_artifact(tmp_path_factory.mktemp("artifact")),
        alarmTopicArn="arn:aws:sns:us-east-1:123456789012:pages",
        permissionsBoundaryArn="arn:aws:iam::123456789012:policy/boundary",
        snapStart="true",
        logFormat="JSON",
        warmWritesPerSecond="8000",
        alarmWarmUpMinutes="5",
    )
    given: dict[str, list[dict[str, Any]]] = {}
    for resource in found.resources.values():
        if resource.custom:
            given.setdefault(resource.type, []).append(resource.inputs)
    return given


def module(type_: str) -> Any:
    """Return the SDK's module of a resource type."""
    folder = type_.split(":")[1].partition("/")[0]
    return importlib.import_module(f"pulumi_aws.{'lambda_' if folder == 'lambda' else folder}")


def left_out(
    sdk: Any, args: Any, given: list[dict[str, Any]], path: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield each argument that some of `given` leave out, with its docstring, blocks included."""
    for python, name in _types.input_type_py_to_pulumi_names(args).items():
        values = [inputs[name] for inputs in given if inputs.get(name) is not None]
        if len(values) < len(given):
            yield path + name, " ".join((getattr(args, python).fget.__doc__ or "").split())
        annotation = str(inspect.signature(args.__init__).parameters[python].annotation)
        block = re.search(r"ForwardRef\('(\w+Args)'\)", annotation)
        items = [
            item for value in values for item in (value if isinstance(value, list) else [value])
        ]
        if block and items and all(isinstance(item, dict) for item in items):
            yield from left_out(sdk, getattr(sdk, block.group(1)), items, f"{path}{name}.")


def arguments(type_: str, given: list[dict[str, Any]]) -> dict[str, str]:
    """Return what a resource type's registrations leave out, with the SDK's words on each."""
    sdk = module(type_)
    return dict(left_out(sdk, getattr(sdk, f"{type_.rpartition(':')[2]}Args"), given))


def line(type_: str, argument: str) -> tuple[Any, str] | None:
    """Return the table's line."""
    return TABLE.get(type_, {}).get(argument) or TABLE["*"].get(argument)


def test_every_argument_left_out_is_explained(inputs: dict[str, list[dict[str, Any]]]) -> None:
    """A new argument of the SDK, or one that the program gives no longer, needs a line."""
    unexplained = [
        f"{type_} {argument}"
        for type_, given in inputs.items()
        for argument in arguments(type_, given)
        if line(type_, argument) is None
    ]
    assert not unexplained


def test_no_line_explains_what_is_given(inputs: dict[str, list[dict[str, Any]]]) -> None:
    """A line that is no longer needed goes."""
    stale = {
        f"{type_} {argument}"
        for type_, lines in TABLE.items()
        if type_ != "*"
        for argument in lines.keys() - arguments(type_, inputs[type_]).keys()
    }
    assert not stale


def test_what_is_taken_is_what_the_provider_takes() -> None:
    """The provider that the rehearsal deploys with fills in the very same."""
    different = {
        f"{type_} {argument}: {taken} and not {says}"
        for type_, lines in TABLE.items()
        if type_ != "*"
        for argument, (says, _) in lines.items()
        if "." not in argument and (taken := provided(type_, argument)) not in (says, None)
    }
    assert not different


def provided(type_: str, argument: str) -> Any:
    """Return what our provider takes; None where it refuses the argument."""
    known = PROVIDERS[type_].arguments.get(argument)
    if known is None:
        return None
    if known.default is not None:
        return known.default
    return "computed" if known.computed else "nothing"


def test_what_is_taken_is_what_is_documented(inputs: dict[str, list[dict[str, Any]]]) -> None:
    """Where the AWS provider's documentation names a default, the line has it."""
    seen = 0
    for type_, given in inputs.items():
        for argument, words in arguments(type_, given).items():
            documented = {d for pattern in DOCUMENTED for d in re.findall(pattern, words)}
            says, _ = line(type_, argument) or ("", "")
            if documented and says not in ("nothing", "computed"):
                seen += 1
                assert str(says).lower() in {d.lower() for d in documented}, f"{type_} {argument}"
    assert seen > 5
