"""docs/forking.md: a fork changes what it owns, and takes the next version by `git merge`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT
from service.declaration import load_all

from tests.copies import commit, copied, python, run

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "invoice_processor"
STRUCTURE = (
    "test_dependencies_point_one_way.py", "test_packages_say_what_they_need.py",
    "test_runbooks.py",
)  # fmt: skip
"""Tests of who imports whom, of what packages need, of what documents name."""

CALM = ("--peak-rate", "30", "--load-seconds", "60")
"""A rehearsal that is about the release on a busy machine too: less is throttled, for longer."""


def owned() -> tuple[list[str], list[str]]:
    """Return what docs/forking.md says is a fork's, and what is upstream's: paths."""
    page = (ROOT / "docs" / "forking.md").read_text(encoding="utf-8")
    table, _, _ = page.partition("\n\nNothing under")
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")][1:]
    cells = [" ".join(column) for column in zip(*rows, strict=True)]
    yours, theirs = (re.findall(r"`([^`]+)`", text) for text in cells)
    return yours, theirs


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fork that has changed what it owns, and merged what upstream did meanwhile."""
    place = tmp_path_factory.mktemp("forking")
    upstream = copied(place / "upstream")
    run(place, "git", "clone", "--quiet", str(upstream), "fork")
    fork = place / "fork"
    change_what_is_owned(fork)
    commit(fork, "Our service, our stacks, our load")
    advance(upstream)
    commit(upstream, "The next version")
    run(fork, "git", "pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main")
    return fork


def change_what_is_owned(fork: Path) -> None:
    """A second service, a stack, scenarios, the owners, and a change of the program."""
    python(fork, "-m", "service.creation", SERVICE)
    stacks = fork / "infra" / "stacks"
    dev = (stacks / "Pulumi.dev.yaml").read_text()
    (stacks / "Pulumi.team.yaml").write_text(dev)
    (stacks / "Pulumi.dev.yaml").write_text(dev.replace("us-east-1", "eu-central-1"))
    for name, old, new in (
        (".github/CODEOWNERS", "@your-org/order-processing", "@ours/payments"),
        ("loadtest/locust.conf", "\n", "\n# Ours.\n"),
        ("loadtest/scenarios.py", '"smoke", smoke, 5.0', '"smoke", smoke, 4.0'),
        ("loadtest/thresholds.toml", "[smoke]", "# Ours.\n[smoke]"),
        ("infra/tags.py", '"""', '"""Ours. '),
        (f"services/{SERVICE}/service.toml", '"invoice-processor"', '"our-invoices"'),
        ("services/order_processor/README.md", "# order_processor", "# Our order_processor"),
    ):
        path = fork / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))


def advance(upstream: Path) -> None:
    """Change every module of packages/, remove one, add one; change what else is upstream's."""
    for path in sorted((upstream / "packages").rglob("*.py")):
        path.write_text(f"{path.read_text()}\n# The next version.\n")
    (upstream / "packages" / "service" / "next_version.py").write_text('"""New."""\n')
    (upstream / "packages" / "release" / "README.md").unlink()
    for name in ("noxfile.py", "pyproject.toml", "tests/copies.py", ".ci/run", "README.md"):
        path = upstream / name
        path.write_text(f"{path.read_text()}\n# The next version.\n")


def test_the_merge_has_both(fork: Path) -> None:
    """Without a conflict, which would have failed the merge; nothing of the fork's is lost."""
    assert run(fork, "git", "status", "--porcelain") == ""
    assert (fork / "packages" / "service" / "next_version.py").exists()
    assert not (fork / "packages" / "release" / "README.md").exists()
    assert "# The next version." in (fork / "noxfile.py").read_text()
    assert "@ours/payments" in (fork / ".github" / "CODEOWNERS").read_text()
    assert "eu-central-1" in (fork / "infra" / "stacks" / "Pulumi.dev.yaml").read_text()
    assert (fork / "infra" / "stacks" / "Pulumi.team.yaml").exists()
    assert {each.name for each in load_all(fork / "services")} == {
        *(each.name for each in load_all()), SERVICE,
    }  # fmt: skip


def test_its_tests_of_structure_and_of_its_service_pass(fork: Path) -> None:
    """On the merged tree."""
    tests = [f"tests/{name}" for name in STRUCTURE]
    said = python(
        fork, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, f"services/{SERVICE}"
    )
    assert " passed" in said
    assert "skipped" not in said


def test_it_rehearses_its_own_service(fork: Path) -> None:
    """The merged machinery releases what the fork made, under its own names, beside the first."""
    (fork / "build").mkdir(exist_ok=True)
    (fork / "build" / "tools").symlink_to(ROOT / "build" / "tools")
    runs = fork / "build" / "rehearsal"
    python(fork, "-m", "rehearsal", "--service", SERVICE, "--directory", str(runs), *CALM)
    report = json.loads((runs / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"


def test_the_page_says_what_was_changed_where(fork: Path) -> None:
    """What the fork changed is a fork's by the page, what upstream changed is upstream's."""
    yours, theirs = owned()
    assert {"services/NAME/", "infra/", "loadtest/", ".github/CODEOWNERS"} <= set(yours)
    assert {"packages/", "noxfile.py", "tests/"} <= set(theirs)
    base = run(fork, "git", "rev-list", "--max-parents=0", "HEAD").strip()
    ours = run(fork, "git", "diff", "--name-only", base, "HEAD^1").split()
    folders = tuple(name.replace("NAME/", "") for name in yours)
    assert [name for name in ours if not name.startswith(folders)] == []
