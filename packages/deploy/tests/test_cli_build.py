"""Building the Pulumi CLI, with a stand-in for Go on the PATH."""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

import pytest
from deploy import cli_build

if TYPE_CHECKING:
    from pathlib import Path

# Says what it was called with, and compiles as verbosely as the real one.
GO = """#!/bin/sh
printf '%s\\n' "$PWD" "$@" > "$CALLED"
echo crypto/sha256 >&2; echo example.org/last >&2
exit "$STATUS"
"""


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in on an empty PATH; return the file with what it was called with."""
    (tmp_path / "go").write_text(GO, encoding="utf-8")
    (tmp_path / "go").chmod(0o755)
    called = tmp_path / "called"
    for name, value in {"PATH": tmp_path, "CALLED": called, "STATUS": "0"}.items():
        monkeypatch.setenv(name, str(value))
    return called


def test_it_builds_what_the_lock_pins(
    go: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The version stands in the binary, as in an official one; each package is progress."""
    monkeypatch.setattr(cli_build, "_SECONDS_BETWEEN_LINES", 0)
    assert cli_build.main() == 0
    where, *arguments = go.read_text(encoding="utf-8").splitlines()
    assert where == str(cli_build.MODULE)
    assert arguments[arguments.index("-o") + 1] == str(cli_build.BUILT)
    assert f"common/version.Version={cli_build.pinned()}" in arguments[-2]
    assert "2 packages: example.org/last" in capsys.readouterr().out


def test_what_go_refuses_is_shown(
    go: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its last words, and status 1."""
    monkeypatch.setenv("STATUS", "1")
    assert cli_build.main() == 1
    assert "example.org/last" in capsys.readouterr().err
    assert go.exists()


def test_without_go_nothing_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(cli_build.__file__), run_name="__main__")
    assert end.value.code == 2
    assert capsys.readouterr().err == "Go is not on PATH: install it, or the Pulumi CLI itself.\n"


def test_a_lock_without_the_cli_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it pins is read from it and written nowhere else."""
    (tmp_path / "go.mod").write_text(json.dumps({}), encoding="utf-8")
    monkeypatch.setattr(cli_build, "MODULE", tmp_path)
    with pytest.raises(ValueError, match="does not pin"):
        cli_build.pinned()
