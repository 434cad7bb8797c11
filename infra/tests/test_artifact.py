"""The artifact is what its manifest says, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service import artifacts

from infra import artifact
from infra.tests.recording import CODE_SHA256, SERVICE, write_artifact

if TYPE_CHECKING:
    from pathlib import Path


def test_an_artifact_that_equals_its_manifest_is_taken(artifact_directory: Path) -> None:
    """The digest is Lambda's: base64 of the zip's SHA-256."""
    loaded = artifacts.load(artifact_directory / SERVICE.name)
    assert loaded.code_sha256 == CODE_SHA256
    assert loaded.zip_path.is_file()
    assert loaded.origin.repository == "acme/orders"


def test_a_changed_zip_is_refused(artifact_directory: Path) -> None:
    """One more byte is another artifact than the one that was built."""
    with (artifact_directory / SERVICE.name / SERVICE.zip_name).open("ab") as file:
        file.write(b"!")
    with pytest.raises(UsageError, match=r"has SHA-256 .* but its manifest says"):
        artifacts.load(artifact_directory / SERVICE.name)


@pytest.mark.parametrize("name", ["manifest.json", SERVICE.zip_name])
def test_a_missing_file_is_refused(artifact_directory: Path, name: str) -> None:
    """The sentence says how to build it."""
    (artifact_directory / SERVICE.name / name).unlink()
    with pytest.raises(UsageError, match=r"There is no artifact.*nox -s build"):
        artifacts.load(artifact_directory / SERVICE.name)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 2}', "\udcff"])
def test_a_broken_manifest_is_refused(artifact_directory: Path, text: str) -> None:
    """Neither broken JSON nor another schema gets further."""
    path = artifact_directory / SERVICE.name / "manifest.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="build it again"):
        artifacts.load(artifact_directory / SERVICE.name)


def test_a_manifest_without_a_member_is_refused(artifact_directory: Path) -> None:
    """The sentence names what is missing."""
    (artifact_directory / SERVICE.name / "manifest.json").write_text(
        '{"schema": 1, "artifact": "a.zip"}'
    )
    with pytest.raises(UsageError, match="has no 'sha256'"):
        artifacts.load(artifact_directory / SERVICE.name)


@pytest.mark.parametrize("git", [None, {}, "none", {"repository": None, "author": ""}])
def test_an_unknown_origin_is_no_obstacle(tmp_path: Path, git: object) -> None:
    """A build outside a repository can be deployed."""
    loaded = artifacts.load(write_artifact(tmp_path, git=git) / SERVICE.name)
    assert loaded.origin == artifacts.Origin(None, None, None)


def test_the_configured_runtime_must_be_the_artifacts(artifact_directory: Path) -> None:
    """`manifest` takes any; a fixed runtime takes its own only."""
    loaded = artifacts.load(artifact_directory / SERVICE.name)
    assert artifact.check_runtime(loaded, "manifest") == "python3.13"
    assert artifact.check_runtime(loaded, "python3.13") == "python3.13"
    with pytest.raises(UsageError, match=r"built for python3\.13 but the stack runs python3\.12"):
        artifact.check_runtime(loaded, "python3.12")
