"""The repository of the scenarios: each merge's workflow files are read at its commit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rehearsal.workflows.source import Source

if TYPE_CHECKING:
    from pathlib import Path


def test_a_commit_keeps_its_workflow_files(tmp_path: Path) -> None:
    """A later merge changes its own, on the oldest Python as on the newest."""
    tree = tmp_path / "tree"
    (tree / ".github/workflows").mkdir(parents=True)
    (tree / ".github/workflows/ci.yml").write_text("name: old\n")
    (tree / "Pulumi.yaml").write_text("name: ours\n    default: python3.99\n")
    (tree / "build").mkdir()
    (tree / "build/left").write_text("what no checkout has")
    source = Source(tmp_path / "origin", tmp_path / "commits")
    first = source.begin(tree)
    source.write({".github/workflows/ci.yml": "name: new\n"})
    second = source.commit("Another merge")
    found = {
        sha: (tmp_path / "commits" / sha / ".github/workflows/ci.yml").read_text()
        for sha in (first, second)
    }
    assert found == {first: "name: old\n", second: "name: new\n"}
    assert not (tmp_path / "origin/build").exists()
    here = "default: python{}.{}".format(*sys.version_info)
    assert here in (tmp_path / "origin/Pulumi.yaml").read_text()
