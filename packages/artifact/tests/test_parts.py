from __future__ import annotations

import importlib.util
import json
import marshal
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from artifact import bytecode, manifest, provenance, zipping

if TYPE_CHECKING:
    from pathlib import Path

    from artifact.tests.conftest import Artifact

_UNCHECKED_HASH = 0b01  # PEP 552: hash-based, source not looked at
_SOURCE = "def f(x):\n    return x in {'a', 'b', 'c'}\n"


def _compiled(root: Path, source: str) -> bytes:
    package = root / "package"
    package.mkdir(parents=True)
    (package / "module.py").write_text(source)
    bytecode.compile_tree(root)
    (found,) = package.rglob("*.pyc")
    return found.read_bytes()


def test_bytecode_is_the_same_everywhere_and_never_looked_up(tmp_path: Path) -> None:
    """No directory, time or hash seed shows in it; the import system trusts it."""
    one, other = _compiled(tmp_path / "a", _SOURCE), _compiled(tmp_path / "b" / "c", _SOURCE)
    assert one == other
    assert one[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(one[4:8], "little") == _UNCHECKED_HASH
    assert marshal.loads(one[16:]).co_filename == "package/module.py"  # noqa: S302


def test_bytecode_that_cannot_be_made_stops_the_build(tmp_path: Path) -> None:
    """A syntax error is found here and not at a cold start."""
    with pytest.raises(subprocess.CalledProcessError):
        _compiled(tmp_path, "def\n")


def test_a_zip_depends_on_its_content_only(tmp_path: Path) -> None:
    """Order of files and time of day leave no mark; libraries can be executed."""
    files = {"b.py": b"1", "a/lib.so": b"2"}
    zipping.write(tmp_path / "one", files)
    zipping.write(tmp_path / "other", dict(reversed(files.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as archive:
        entries = [(i.filename, i.date_time[0], i.external_attr >> 16) for i in archive.infolist()]
    assert entries == [("a/lib.so", 1980, 0o100755), ("b.py", 1980, 0o100644)]


def _git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *identity, *arguments], check=True)


def test_git_tells_the_origin(tmp_path: Path) -> None:
    """Commit, author and repository of a clone; changed files make it dirty."""
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "remote", "add", "origin", "git@example.com:team/orders.git")
    (tmp_path / "file").write_text("1")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message", "first")
    found = provenance.read(tmp_path, {})
    assert found.commit
    assert len(found.commit) == 40
    assert (found.dirty, found.repository, found.author) == (False, "team/orders", "A")
    assert found.pull_request is None
    (tmp_path / "file").write_text("2")
    assert provenance.read(tmp_path, {}).dirty


def test_the_ci_job_tells_what_git_cannot(tmp_path: Path) -> None:
    """Its variables win; outside a repository the commit is unknown and the tree dirty."""
    variables = {
        "GITHUB_REPOSITORY": "team/orders",
        "GITHUB_ACTOR": "octocat",
        "GITHUB_REF": "refs/pull/17/merge",
    }
    assert provenance.read(tmp_path, variables) == provenance.Provenance(
        None, dirty=True, repository="team/orders", author="octocat", pull_request="17"
    )


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Round up (#41)", "41"),
        ("Merge pull request #42 from team/branch", "42"),
        ("Round up as #43 asked", None),
        ("Revert (#44) for now", None),
    ],
)
def test_the_commit_tells_which_pull_request_it_merged(
    tmp_path: Path, subject: str, number: str | None
) -> None:
    """A push to main names none; what GitHub writes into the subject does."""
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", subject)
    on_main = {"GITHUB_REF": "refs/heads/main"}
    assert provenance.read(tmp_path, on_main).pull_request == number


def _committed(root: Path) -> Path:
    """A repository with a package in it."""
    package = root / "src"
    package.mkdir()
    (package / "kept.py").write_text("1")
    _git(root, "init", "--quiet")
    _git(root, "add", ".")
    _git(root, "commit", "--quiet", "--message", "first")
    return package


def test_what_git_does_not_know_stays_out_and_is_told(tmp_path: Path) -> None:
    """Secrets, notes and caches that lie in the package: none is staged, the tree is dirty."""
    package = _committed(tmp_path)
    for name in (".env", "debug_local.py"):
        (package / name).write_text("secret")
    (package / ".mypy_cache").mkdir()
    (package / ".mypy_cache" / ".gitignore").write_text("*")
    (package / ".mypy_cache" / "cached.json").write_text("{}")
    files, untracked = provenance.sources(tmp_path, package)
    assert files == [package / "kept.py"]
    assert untracked == ("src/.env", "src/debug_local.py")
    assert provenance.read(tmp_path, {}, untracked).dirty
    assert not provenance.read(tmp_path, {}).dirty


@pytest.mark.parametrize("repository", [True, False])
def test_a_package_that_git_knows_nothing_of_is_staged_whole(
    tmp_path: Path, repository: bool
) -> None:
    """A new service, a source archive: all but hidden files and caches, and never clean."""
    if repository:
        _committed(tmp_path)
    package = tmp_path / "new"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("one.py", ".env", "__pycache__/one.pyc"):
        (package / name).write_text("1")
    assert provenance.sources(tmp_path, package) == ([package / "one.py"], ())


def test_a_repository_that_git_refuses_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another owner's, as in a container: a deployment without its commit could overtake others."""
    package = _committed(tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UsageError, match="dubious ownership"):
        provenance.sources(tmp_path, package)
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no git to read it with"):
        provenance.sources(tmp_path, package)


def test_no_git_at_all_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source archive can be built on a machine without git."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.read(tmp_path, {}).commit is None


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 2}'])
def test_refuses_a_manifest_it_cannot_understand(content: str, tmp_path: Path) -> None:
    """Not JSON, or of another schema: the sentence says to build again."""
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="build"):
        manifest.read(path)


def test_verification_finds_each_difference(artifact: Artifact) -> None:
    """A changed digest and a changed or missing file are told apart."""
    stated = json.loads(json.dumps(artifact.manifest))
    assert manifest.differences(stated, artifact.zip) == []
    changed = stated["contents"][0]["path"]
    stated["contents"][0]["sha256"] = "0" * 64
    stated["contents"].append({"path": "zzz.py", "bytes": 0, "sha256": ""})
    assert manifest.differences(stated, artifact.zip) == [
        f"{changed} differs.",
        "zzz.py differs.",
    ]
    stated["sha256"] = ""
    assert manifest.differences(stated, artifact.zip)[0].startswith("The zip's SHA-256")


def test_verification_refuses_what_is_no_zip(artifact: Artifact, tmp_path: Path) -> None:
    """A truncated zip is a sentence, not a traceback."""
    (tmp_path / "cut.zip").write_bytes(artifact.zip.read_bytes()[:1000])
    for path in (tmp_path / "cut.zip", tmp_path / "absent.zip"):
        with pytest.raises(UsageError, match="Cannot read the zip"):
            manifest.differences(artifact.manifest, path)
