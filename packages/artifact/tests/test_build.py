from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from console.errors import UsageError
from service import candidates, declaration

from artifact import dependencies, licences, manifest, zipping
from artifact.__main__ import main
from artifact.build import Request, build, require_python

if TYPE_CHECKING:
    from artifact.tests.conftest import Artifact

MAX_BYTES = 5_000_000
SERVICE = declaration.load("order_processor")


def _checkout(directory: Path) -> Path:
    """A copy of what the build reads, with other time stamps; its folder of services."""
    part = "services/order_processor"
    shutil.copytree(ROOT / part, directory / part, copy_function=shutil.copyfile)
    return directory / "services"


def test_equal_source_gives_equal_bytes(artifact: Artifact, tmp_path: Path) -> None:
    """Another time, another directory, a cold cache: not one byte differs."""
    again = build(Request(SERVICE, tmp_path / "again"))
    elsewhere = build(
        Request(
            declaration.load("order_processor", _checkout(tmp_path / "checkout")), tmp_path / "out"
        )
    )
    assert again["sha256"] == artifact.manifest["sha256"] == elsewhere["sha256"]
    for name in ("order_processor.zip", "order_processor.cdx.json"):
        assert (tmp_path / "out" / name).read_bytes() == (artifact.out / name).read_bytes()


def test_two_checkouts_at_different_times_give_equal_bytes(tmp_path: Path) -> None:
    """Other owner's mask, time zone, language, hash seed and time stamps: not one byte differs."""
    one = _built_clone(tmp_path / "one", 0o022, {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"})
    other = _built_clone(
        tmp_path / "a longer path" / "other",
        0o077,
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    )
    assert one
    assert one == other


def _built_clone(directory: Path, umask: int, variables: dict[str, str]) -> dict[str, bytes]:
    """Clone the last commit, date its files differently, and return what its own builder makes."""
    cloned = subprocess.run(
        ["git", "clone", "--quiet", str(ROOT), str(directory)], umask=umask, check=False
    )
    if cloned.returncode:
        pytest.skip("This is no git checkout, so no build of it can know a commit.")
    for path in directory.rglob("*.py"):
        os.utime(path, (umask * 10**7, umask * 10**7))
    subprocess.run(
        [sys.executable, "-m", "artifact", "build", "--out", "out"],
        cwd=directory, env=os.environ | variables, umask=umask, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    made = {path.name: path.read_bytes() for path in (directory / "out" / SERVICE.name).iterdir()}
    del made["manifest.json"]  # it tells where the source came from
    return made


def test_the_zip_is_small_and_holds_the_function_only(artifact: Artifact) -> None:
    """Within the budget; nothing of tests, tools, stubs, caches or other services."""
    assert artifact.manifest["bytes"] == artifact.zip.stat().st_size <= MAX_BYTES
    paths = [entry["path"] for entry in artifact.manifest["contents"]]
    unwanted = {"tests", "bin", "py.typed", "RECORD", "event_handler"}
    assert not [path for path in paths if unwanted & set(path.split("/"))]
    assert not [path for path in paths if path.endswith((".pyi", ".c", ".gz"))]
    data = {path.split("/")[2] for path in paths if path.startswith("botocore/data/")}
    assert data == {
        "_retry.json",
        "dynamodb",
        "endpoints.json",
        "partitions.json",
        "sdk-default-configuration.json",
    }


def test_every_module_comes_with_bytecode(artifact: Artifact) -> None:
    """Lambda's code directory is read-only: what is not compiled here is compiled each time."""
    modules = set(artifact.unpacked.rglob("*.py"))
    compiled = {path.parent.parent / path.name.split(".")[0] for path in _bytecode(artifact)}
    assert {module.with_suffix("") for module in modules} == compiled


def _bytecode(artifact: Artifact) -> list[Path]:
    return list(artifact.unpacked.rglob("*.pyc"))


def test_the_manifest_describes_the_zip(artifact: Artifact) -> None:
    """Sizes, licences and the origin are there; the commit stands nowhere in the zip."""
    described = json.loads((artifact.out / "manifest.json").read_bytes())
    assert described == artifact.manifest
    # No dependency has machine code, so one zip runs on all that Lambda has.
    assert described["architectures"] == ["x86_64", "arm64"]
    assert described["unzippedBytes"] == sum(entry["bytes"] for entry in described["contents"])
    names = {each["name"] for each in described["dependencies"]}
    assert {"botocore", "aws-lambda-powertools", "urllib3"} <= names
    assert all(licences.is_known(each["licence"]) for each in described["dependencies"])
    commit = described["git"]["commit"]
    if commit:
        with zipfile.ZipFile(artifact.zip) as archive:
            assert not [
                name for name in archive.namelist() if commit.encode() in archive.read(name)
            ]


def test_an_overlay_replaces_and_adds_files(artifact: Artifact, tmp_path: Path) -> None:
    """Only what the overlay holds differs from the version without it."""
    overlay = tmp_path / "overlay"
    (overlay / "order_processor").mkdir(parents=True)
    (overlay / "order_processor" / "version.py").write_text("LABEL = 'other'\n")
    (overlay / "order_processor" / "added.py").write_text("ADDED = True\n")
    changed = build(Request(SERVICE, tmp_path / "out", overlay=overlay))
    assert _changes(artifact.manifest, changed) == {"version.py", "added.py"}
    assert changed["source"]["overlay"] == "overlay"


def test_a_label_goes_into_the_code(artifact: Artifact, tmp_path: Path) -> None:
    """It makes another version of an unchanged source."""
    changed = build(Request(SERVICE, tmp_path, label="it's 2"))
    assert _changes(artifact.manifest, changed) == {"version.py"}
    with zipfile.ZipFile(tmp_path / "order_processor.zip") as archive:
        content = archive.read("order_processor/version.py").decode()
    namespace: dict[str, str] = {}
    exec(content, namespace)  # noqa: S102
    assert namespace["LABEL"] == "it's 2"


@pytest.mark.parametrize(
    ("candidate", "changes"),
    [
        ("good-release", {"version.py"}),
        ("bad-release", {"version.py", "wiring.py", "candidate.py"}),
    ],
)
def test_the_candidates_can_be_built(
    candidate: str, changes: set[str], artifact: Artifact, tmp_path: Path
) -> None:
    """The overlays of the rehearsal replace what asks for the candidate, so that they do something.

    The good service holds nothing of it.
    """
    overlay = candidates.overlay(SERVICE, candidate, tmp_path / "overlays")
    assert (
        _changes(artifact.manifest, build(Request(SERVICE, tmp_path, overlay=overlay))) == changes
    )
    stated = {entry["path"] for entry in artifact.manifest["contents"]}
    assert not any("candidate" in path for path in stated)


def _changes(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Names of the modules whose source differs."""
    stated = [{(e["path"], e["sha256"]) for e in each["contents"]} for each in (one, other)]
    return {path.rpartition("/")[2] for path, _ in stated[0] ^ stated[1] if path.endswith(".py")}


def test_a_build_that_dies_leaves_the_old_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until all is written, the last artifact stands, and nothing temporary stays."""
    old = build(Request(SERVICE, tmp_path))
    monkeypatch.setattr(zipping, "write", _die)
    with pytest.raises(KeyboardInterrupt):
        build(Request(SERVICE, tmp_path, label="new"))
    assert manifest.differences(old, tmp_path / "order_processor.zip") == []
    assert {path.name for path in tmp_path.iterdir()} == {
        "order_processor.zip",
        "order_processor.cdx.json",
        "contract.schema.json",
        "manifest.json",
    }


def test_a_build_that_dies_between_the_files_leaves_no_artifact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip is never beside the manifest of another one."""
    build(Request(SERVICE, tmp_path))
    put = Path.replace

    def die_at_the_manifest(path: Path, target: Path) -> Path:
        return _die() if target.name == "manifest.json" else put(path, target)

    monkeypatch.setattr(Path, "replace", die_at_the_manifest)
    with pytest.raises(KeyboardInterrupt):
        build(Request(SERVICE, tmp_path, label="new"))
    assert "manifest.json" not in {path.name for path in tmp_path.iterdir()}


def _die(*_: object) -> Any:
    raise KeyboardInterrupt


def test_refuses_a_missing_lock(tmp_path: Path) -> None:
    """The sentence says how to make one; nothing is written."""
    with pytest.raises(UsageError, match="nox -s lock"):
        build(Request(replace(SERVICE, folder=tmp_path / "services" / "none"), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["botocore==1.44.5\n", "no-such-thing @ nowhere\n"])
def test_refuses_a_lock_that_cannot_be_installed(tmp_path: Path, content: str) -> None:
    """Without hashes or without sense: uv's reason is passed on, no cache entry stays."""
    (tmp_path / "requirements.txt").write_text(content)
    with pytest.raises(UsageError, match="uv cannot install"):
        dependencies.prepared(replace(SERVICE, folder=tmp_path), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_refuses_to_go_on_without_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    (tmp_path / "requirements.txt").write_text("")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(UsageError, match="Cannot find uv"):
        dependencies.prepared(replace(SERVICE, folder=tmp_path), tmp_path / "cache")


def test_refuses_an_overlay_without_the_package(tmp_path: Path) -> None:
    """A wrong directory is not taken for an empty change."""
    with pytest.raises(UsageError, match="Cannot read the overlay"):
        build(Request(SERVICE, tmp_path / "out", overlay=tmp_path))
    assert list((tmp_path / "out").iterdir()) == []


def test_refuses_an_old_python() -> None:
    """Both versions stand in the sentence."""
    with pytest.raises(UsageError, match=r"3\.10 .* 3\.11"):
        require_python((3, 10))
    require_python((3, 12))


def test_commands_build_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0 for a zip that is its manifest's, 1 for another one."""
    out = str(tmp_path / "out")
    assert main(["build", "--out", out]) == 0
    made = tmp_path / "out" / SERVICE.name / SERVICE.zip_name
    assert main(["verify", out]) == main(["verify", str(made)]) == 0
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("intruder.py", "")
    capsys.readouterr()
    assert main(["verify", out]) == 1
    assert "intruder.py differs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (None, "There is no bill of materials order_processor.cdx.json."),
        (("1.5", "1.6"), "The bill of materials' SHA-256 is not the manifest's."),
    ],
)
def test_verification_looks_at_the_bill_of_materials(
    change: tuple[str, str] | None, complaint: str, tmp_path: Path, artifact: Artifact
) -> None:
    """A missing and a changed one are told apart."""
    shutil.copytree(artifact.out, tmp_path / "out")
    bill = tmp_path / "out" / "order_processor.cdx.json"
    bill.unlink() if change is None else bill.write_text(bill.read_text().replace(*change))
    assert manifest.differences(artifact.manifest, tmp_path / "out" / "order_processor.zip") == [
        complaint
    ]


@pytest.mark.parametrize("arguments", [["verify", "absent"], ["build", "--overlay", "absent"]])
def test_commands_say_in_one_sentence_what_is_wrong(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input: one line on stderr, exit status 2."""
    extra = ["--out", str(tmp_path)] if arguments[0] == "build" else []
    assert main(arguments + extra) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


def test_the_package_directory_is_the_one_that_is_built() -> None:
    """The build finds its parts from its own place, wherever it is started."""
    assert (SERVICE.package / "handler.py").is_file()
    assert Request(SERVICE, Path()).root == ROOT


def test_the_contract_is_published_and_verified(artifact: Artifact, tmp_path: Path) -> None:
    """Beside the zip, versioned by its id; another one is found."""
    stated = artifact.manifest["contract"]
    assert stated["id"] == "urn:order-processing:order:2"
    published = artifact.out / stated["path"]
    assert SERVICE.contract is not None
    assert published.read_bytes() == SERVICE.contract.read_bytes()
    shutil.copytree(artifact.out, tmp_path / "copy")
    (tmp_path / "copy" / stated["path"]).write_text("{}")
    found = manifest.differences(artifact.manifest, tmp_path / "copy" / SERVICE.zip_name)
    assert found == ["contract.schema.json is not the contract of this artifact."]


def test_builds_for_the_other_architecture_the_same(artifact: Artifact, tmp_path: Path) -> None:
    """No machine code in it: the bytes are the same, whichever is asked for."""
    other = build(Request(SERVICE, tmp_path, architecture="arm64"))
    assert other["sha256"] == artifact.manifest["sha256"]


@pytest.mark.parametrize("tag", ["cp311-cp311-macosx_11_0_arm64", "cp311-cp311-win_amd64"])
def test_a_wheel_of_another_platform_stops_the_build(tmp_path: Path, tag: str) -> None:
    """As a Mac would bring it into the zip."""
    folder = tmp_path / "thing-1.0.dist-info"
    folder.mkdir()
    (folder / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    with pytest.raises(UsageError, match=r"thing-1\.0 is for"):
        dependencies._check_wheels(tmp_path, "x86_64")
    for good in ("py3-none-any", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"):
        (folder / "WHEEL").write_text(f"Tag: {good}\n")
        dependencies._check_wheels(tmp_path, "x86_64")


def test_machine_code_says_what_it_runs_on() -> None:
    """From the code itself, not from the machine that builds."""
    arm = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little")
    assert manifest._architectures({"a.so": arm, "b.py": b""}) == ["arm64"]
    with pytest.raises(UsageError, match="no machine code for Lambda"):
        manifest._architectures({"a.so": b"\xcf\xfa\xed\xfe" + bytes(20)})
    intel = arm[:18] + (62).to_bytes(2, "little")
    with pytest.raises(UsageError, match="several architectures"):
        manifest._architectures({"a.so": arm, "b.so": intel})
