"""`pulumi preview` and `pulumi up` from the top level, as somebody types them who knows Pulumi."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import venv
from typing import TYPE_CHECKING

import pytest
import yaml
from console.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from infra.tests.pulumi.team import Team

PARTS = ("infra", "packages", "services")
"""What the program is made of, and what it reads."""


@pytest.fixture
def typist(team: Team) -> Team:
    """Return the team with the whole program in its tree, and an environment made by pip."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "tests", "stacks")
        shutil.copytree(ROOT / part, team.tree / part, ignore=ignored, dirs_exist_ok=True)
    made = team.place / "venv"
    venv.create(made, with_pip=True)
    [packages] = made.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_paths()["purelib"], "utf-8")
    team.environment |= {
        "PATH": f"{made / 'bin'}{os.pathsep}{team.environment['PATH']}",
        "VIRTUAL_ENV": str(made),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return team


def typed(team: Team, *arguments: str) -> str:
    """Type it; return what it said."""
    done = subprocess.run(
        ["pulumi", *arguments, "--stack", team.name, "--non-interactive"],
        cwd=team.tree,
        env=team.environment | {"PYTHONPATH": ""},  # the program finds its modules itself
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(team: Team) -> dict[Path, bytes]:
    """All that the tree holds, by its path."""
    return {path: path.read_bytes() for path in team.tree.rglob("*") if path.is_file()}


def test_what_is_typed_by_hand_is_what_a_deployment_does(typist: Team) -> None:
    """Of the tree it changes the stack file alone: values become texts, and a salt is added."""
    before, settings = files(typist), yaml.safe_load(typist.stack_file.read_text("utf-8"))
    typed(typist, "stack", "init")
    assert "+ 25 to create" in typed(typist, "preview")
    assert "+ 25 created" in typed(typist, "up", "--yes")
    assert "25 unchanged" in typed(typist, "up", "--yes", "--refresh")
    after, changed = files(typist), yaml.safe_load(typist.stack_file.read_text("utf-8"))
    assert {path for path in after if before.get(path) != after[path]} == {typist.stack_file}
    assert changed.pop("encryptionsalt")
    texts = {key: value if isinstance(value, str) else str(value).lower()
             for key, value in settings["config"].items()}  # fmt: skip
    assert changed == {"config": texts}
    assert "0 changed" in typist.must("deploy")
    typist.must("drift")
