"""Who built the artifact is proven, or said not to be."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from github import provenance
from github.cli import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from github.tests.conftest import Gh

GIVEN = ("acme/orders", "a" * 40)
KNOWN = "--repo --signer-workflow --source-ref --source-digest --deny-self-hosted-runners"
NEW = {
    "--version": (0, "gh version 2.74.0 (2026-01-01)"),
    "attestation verify --help": (0, KNOWN),
}


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services' artifacts are here."""
    monkeypatch.chdir(tmp_path)
    for name in ("echo", "invoices"):
        (tmp_path / "build" / "artifact" / name).mkdir(parents=True)
        (tmp_path / "build" / "artifact" / name / f"{name}.zip").touch()


@pytest.mark.parametrize(("status", "ends"), [(0, 0), (1, 1), (4, 1)])
def test_every_option_is_asked_for(gh: Gh, status: int, ends: int) -> None:
    """The workflow, the branch and the commit; what gh says is what it ends with."""
    gh.answer({**NEW, "attestation verify build": (status, "")})
    assert provenance.main(GIVEN, {}) == ends
    asked = gh.calls[-1]
    assert asked[2] == f"build/artifact/{'echo/echo' if status else 'invoices/invoices'}.zip"
    assert asked[asked.index("--signer-workflow") + 1].endswith(
        "orders/.github/workflows/deploy.yml"
    )
    assert asked[asked.index("--source-ref") + 1] == "refs/heads/main"
    assert asked[asked.index("--source-digest") + 1] == "a" * 40


@pytest.mark.parametrize(
    "answer",
    [
        (0, "--repo --signer-workflow"),
        (0, "USAGE\n  gh <command>"),
        (1, 'unknown command "attestation"'),
    ],
)
def test_a_gh_that_is_too_old_is_told_by_its_version(gh: Gh, answer: tuple[int, str]) -> None:
    """One sentence with the version that it needs, not `unknown flag`."""
    gh.answer({"--version": (0, "gh version 2.23.0 (Debian)\nmore"), "attestation": answer})
    with pytest.raises(RefusedError, match=r"gh version 2\.23\.0 .*: gh 2\.67 or newer can"):
        provenance.main(GIVEN, {})


def test_without_gh_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match=r"not installed: see https://cli\.github\.com"):
        provenance.main(GIVEN, {})


def test_without_an_artifact_nothing_is_proven(gh: Gh, tmp_path: Path) -> None:
    """A folder that is empty is no proof."""
    gh.answer(NEW)
    shutil.rmtree(tmp_path / "build")
    with pytest.raises(RefusedError, match="There is no artifact in build/artifact"):
        provenance.main(GIVEN, {})


def test_none_is_a_choice_that_every_run_shows(
    gh: Gh, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An annotation and a line in the summary; gh is not asked."""
    summary = tmp_path / "summary.md"
    environment = {
        "PROVENANCE": "none",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    assert provenance.main(GIVEN, environment) == 0
    assert capsys.readouterr().out.startswith("::warning::Nothing proves who built")
    assert "Nothing proves who built" in summary.read_text(encoding="utf-8")
    assert gh.calls == []


@pytest.mark.parametrize(
    ("arguments", "wanted"), [((), ""), (("acme/orders",), ""), (GIVEN, "off"), (GIVEN, "None")]
)
def test_anything_else_is_refused(gh: Gh, arguments: tuple[str, ...], wanted: str) -> None:
    """A misspelt choice proves nothing away."""
    with pytest.raises(RefusedError, match=r"nox -s provenance|required or none"):
        provenance.main(arguments, {"PROVENANCE": wanted})
    assert gh.calls == []
