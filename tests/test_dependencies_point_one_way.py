"""The contracts in pyproject.toml on who may import whom: they hold, and each would be missed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from console.checkout import PACKAGES, ROOT

TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from service import probes"
PYPROJECT = "pyproject.toml"


def linted(root: Path) -> subprocess.CompletedProcess[str]:
    """Lint the imports of a checkout."""
    variables = os.environ | {"PYTHONPATH": f"{root}:{root / 'packages'}"}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, cwd=root, env=variables, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the contracts are about."""
    for part in ("infra", "packages"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("tests", "__pycache__")
        )
    shutil.copy(ROOT / PYPROJECT, tmp_path)
    return tmp_path


def test_all_hold() -> None:
    """As `nox -s lint` asks."""
    result = linted(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("packages/release/gate.py", "import load.erlang"),
        ("packages/emulator/clock.py", "from engine import errors"),
        ("packages/reporting/amounts.py", "def f() -> None:\n    from release import gate"),
        ("packages/console/errors.py", TYPES),
        ("packages/artifact/manifest.py", "from infra import names"),
        ("packages/load/figures.py", "import services.order_processor"),
        ("infra/names.py", "import deploy"),
        ("packages/reporting/amounts.py", "import reporting.pages"),
        ("packages/release/aws/clock.py", "from release.gate import judge"),
        ("packages/rehearsal/drills/needs.py", "from rehearsal.drills import run"),
    ],
)
def test_a_step_back_is_seen(copy: Path, module: str, line: str) -> None:
    """Across and up the layers, late, for types, into what a team owns, in a circle."""
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    result = linted(copy)
    assert result.returncode == 1, result.stdout
    assert "1 broken" in result.stdout


def test_every_package_is_looked_at() -> None:
    """A new folder would otherwise pass unread."""
    text = (ROOT / PYPROJECT).read_text(encoding="utf-8").partition("root_packages = [")[2]
    named = text.partition("]")[0]
    assert [
        path.name
        for path in PACKAGES.iterdir()
        if (path / "__init__.py").exists() and f'"{path.name}"' not in named
    ] == []
