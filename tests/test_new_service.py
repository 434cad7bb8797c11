"""A second service, made from the template in a copy of the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT
from service.creation import create
from service.declaration import load, load_all

from tests.copies import copied, python, run

if TYPE_CHECKING:
    from pathlib import Path

NAME = "invoice_processor"
LINES_OUTSIDE = 30
"""Lines of the repository that a new service may change outside its folder."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of its own, with everything committed and then the service made."""
    tree = copied(tmp_path_factory.mktemp("copy") / "repository")
    python(tree, "-m", "service.creation", NAME)
    return tree


def test_hardly_anything_changes_outside_its_folder(copy: Path) -> None:
    """Its owner may add a line to CODEOWNERS, and settings to the stacks."""
    run(copy, "git", "add", "--all")
    changed = run(copy, "git", "diff", "--cached", "--numstat").splitlines()
    outside = [line for line in changed if f"\tservices/{NAME}/" not in line]
    assert len(changed) > len(outside)
    assert sum(int(n) for line in outside for n in line.split("\t")[:2]) <= LINES_OUTSIDE, outside


def test_it_is_declared_beside_the_first(copy: Path) -> None:
    """Under names of its own, in AWS and in the state."""
    found = {service.name: service for service in load_all(copy / "services")}
    assert len(found) == 1 + len(load_all())
    assert found[NAME].resources == "invoice-processor"
    assert found[NAME].state_prefix == f"{NAME}-"
    assert found[NAME].table is not None


def test_its_code_is_as_all_code_here_is(copy: Path) -> None:
    """Style and types, on the settings of the repository."""
    folder = f"services/{NAME}"
    python(copy, "-m", "ruff", "check", folder)
    python(copy, "-m", "ruff", "format", "--check", folder)
    python(copy, "-m", "mypy", folder, MYPYPATH=f"{folder}/src")


def test_its_own_tests_pass(copy: Path) -> None:
    """As they were made, by the command that its maker is told; and can fail."""
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"services/{NAME}")
    said = python(copy, *tests)
    assert " passed" in said
    handler = copy / "services" / NAME / "src" / NAME / "handler.py"
    good = handler.read_text()
    handler.write_text(good.replace("kept.digest != record.digest", "False"))
    try:
        with pytest.raises(AssertionError, match="test_another_event_under_the_same_id"):
            python(copy, *tests)
    finally:
        handler.write_text(good)


def test_it_is_deployed_and_released_beside_the_first(copy: Path, tmp_path: Path) -> None:
    """Unchanged: two versions, a canary on synthetic traffic; the first service stays as it was."""
    (copy / "build").mkdir(exist_ok=True)
    (copy / "build" / "tools").symlink_to(ROOT / "build" / "tools")
    said = python(copy, "-m", "tests.second_service", NAME, str(tmp_path))
    expected = dict.fromkeys((each.name for each in load_all()), "1") | {NAME: "2"}
    assert json.loads(said.splitlines()[-1]) == expected


def test_a_name_that_python_or_aws_would_not_take_is_refused() -> None:
    """With a sentence that says what to write; nothing is made."""
    for name, why in {
        "Invoice": "lower-case words",
        "invoice-processor": "lower-case words",
        "a_name_that_is_too_long": "at most 18 characters",
        "release": "choose another name",
        "class": "choose another name",
        "order_processor": "exists",
    }.items():
        ended = subprocess.run(
            [sys.executable, "-m", "service.creation", name], cwd=ROOT, text=True, check=False,
            env={**os.environ, "PYTHONPATH": "packages"}, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert (ended.returncode, why in ended.stderr) == (2, True), ended.stderr
        assert ended.stderr.count("\n") == 1


def test_a_template_that_declares_nonsense_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is made is whole and right, or not there."""
    (tmp_path / "template").mkdir()
    (tmp_path / "template" / "service.toml.tmpl").write_text('title = "$title"')
    monkeypatch.setattr("service.creation.TEMPLATE", tmp_path / "template")
    services = tmp_path / "services"
    services.mkdir()
    with pytest.raises(Exception, match="is missing"):
        create(NAME, services)
    assert list(services.iterdir()) == []


def test_the_service_that_is_here_is_unchanged_by_it(copy: Path) -> None:
    """What it declares is what the repository's declares."""
    here, there = load("order_processor"), load("order_processor", copy / "services")
    assert (here.resources, here.state_prefix) == (there.resources, there.state_prefix)
