"""Configuration as the Pulumi CLI would hand it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine import project
from engine.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """
name: shop
main: program/
stackConfigDir: stacks
config:
  size: {type: integer, default: 1}
  loud: {type: boolean, default: true}
  label: {type: string}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with one stack."""
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "stacks").mkdir()
    stack = "config: {'aws:region': eu-west-1, 'shop:size': 2}"
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text(stack)
    return tmp_path


def test_the_stack_file_wins_over_defaults(root: Path) -> None:
    """Values become the strings that a program reads; what has no default is absent."""
    loaded = project.load(root, "dev", {})
    assert loaded.config == {"aws:region": "eu-west-1", "shop:size": "2", "shop:loud": "true"}
    assert (loaded.name, loaded.region) == ("shop", "eu-west-1")


def test_overrides_win_over_the_stack_file(root: Path) -> None:
    """A key without a namespace is the project's."""
    loaded = project.load(root, "dev", {"size": "3", "aws:region": "us-east-1"})
    assert (loaded.config["shop:size"], loaded.region) == ("3", "us-east-1")


def test_an_unknown_stack_is_refused(root: Path) -> None:
    """The sentence lists those there are."""
    with pytest.raises(EngineError, match="no stack 'moon': choose one of dev"):
        project.load(root, "moon", {})


def test_a_stack_without_region_is_refused(root: Path) -> None:
    """AWS has no default region."""
    (root / "stacks" / "Pulumi.dev.yaml").write_text("config: {}")
    with pytest.raises(EngineError, match="has no aws:region"):
        _ = project.load(root, "dev", {}).region


@pytest.mark.parametrize("text", ["config: [", "7"])
def test_a_broken_stack_file_is_refused(root: Path, text: str) -> None:
    """The sentence names the file."""
    (root / "stacks" / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(EngineError, match=r"Pulumi\.dev\.yaml"):
        project.load(root, "dev", {})
