"""Uploaded code: what is unpacked, how often, and what is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest
from emulator.errors import AwsError
from emulator.lambda_.state import code
from emulator.lambda_.state.code import CodeStore, code_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CodeStore]:
    """An empty store, emptied again since its directories are read-only."""
    found = CodeStore(tmp_path / "code")
    yield found
    found.clear()


def archive(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip of these entries, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries:
            target.writestr(name, content)
    return buffer.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    """An entry that claims to be of this Unix file type."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def corrupted(zipped: bytes) -> bytes:
    """The same with the first byte of the first file's data turned round."""
    at = 30 + len("app.py")
    return zipped[:at] + bytes([zipped[at] ^ 0xFF]) + zipped[at + 1 :]


def refusal(store: CodeStore, zipped: bytes) -> AwsError:
    """The error that this upload ends in."""
    with pytest.raises(AwsError) as caught:
        store.unpack(zipped)
    return caught.value


def test_files_arrive_whole_and_read_only(store: CodeStore) -> None:
    """Every file keeps its content and executable bit; nothing can be written any more."""
    script = special("bin/run", stat.S_IFREG)
    unpacked = store.unpack(archive(("app/__init__.py", b"x = 1"), (script, b"#!/bin/sh")))
    module, run = unpacked.root / "app/__init__.py", unpacked.root / "bin/run"
    assert module.read_bytes() == b"x = 1"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (module, run, unpacked.root)]
    assert modes == [0o444, 0o555, 0o555]


def test_the_digest_is_of_the_zip_itself(store: CodeStore) -> None:
    """CodeSha256 is base64 of SHA-256 over the uploaded bytes, CodeSize their number."""
    zipped = archive(("app.py", b""))
    unpacked = store.unpack(zipped)
    assert (unpacked.sha256, unpacked.size) == (code_sha256(zipped), len(zipped))
    assert code_sha256(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_the_same_zip_is_unpacked_once(store: CodeStore) -> None:
    """A second upload of equal bytes shares the first one's directory."""
    zipped = archive(("app.py", b"x = 1"))
    first = store.unpack(zipped)
    made = (first.root / "app.py").stat().st_ino
    assert store.unpack(zipped) == first
    assert (first.root / "app.py").stat().st_ino == made


@pytest.mark.parametrize(
    "zipped",
    [
        archive(("../outside.py", b"")),
        archive(("app/../../outside.py", b"")),
        archive(("/etc/outside.py", b"")),
        archive(("..\\outside.py", b"")),
        archive((special("link", stat.S_IFLNK), b"/etc/passwd")),
        archive((special("pipe", stat.S_IFIFO), b"")),
        archive(("app", b""), ("app/module.py", b"")),
        archive(("n" * 300, b"")),
        archive(("app.py", b"x = 1"))[:-30],
        corrupted(archive(("app.py", b"x = 1" * 99))),
        b"not a zip",
        b"",
    ],
    ids=[
        "parent",
        "nested parent",
        "absolute",
        "backslash",
        "symbolic link",
        "pipe",
        "file as directory",
        "long name",
        "cut off",
        "corrupt",
        "no zip",
        "nothing",
    ],
)
def test_a_harmful_or_broken_zip_is_refused_and_leaves_nothing(
    store: CodeStore, zipped: bytes, tmp_path: Path
) -> None:
    """One clear 400, no file outside the store and no half-unpacked directory in it."""
    error = refusal(store, zipped)
    assert (error.code, error.status) == ("InvalidParameterValueException", 400)
    assert error.message.startswith("Could not unzip uploaded file")
    assert [path for path in tmp_path.rglob("*") if path.name != "code"] == []


def test_an_empty_zip_is_refused(store: CodeStore) -> None:
    """A zip without entries is no deployment package."""
    assert refusal(store, archive()).message == "Uploaded file must be a non-empty zip"


def test_a_bomb_is_refused_by_what_it_declares(store: CodeStore) -> None:
    """More than 250 MB unzipped is refused before anything is written."""
    bomb = archive(*((f"{n}.bin", b"\0" * (1 << 24)) for n in range(16)))
    assert refusal(store, bomb).message == "Unzipped size must be smaller than 262144000 bytes"


def test_a_bomb_is_refused_by_what_comes_out(
    store: CodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files together count, not each alone, while they are being written."""
    monkeypatch.setattr(code, "_check", lambda _: None)
    monkeypatch.setattr(code, "MAXIMUM_UNZIPPED_BYTES", 10)
    error = refusal(store, archive(("a", b"123456"), ("b", b"123456")))
    assert error.message == "Unzipped size must be smaller than 10 bytes"


def test_too_large_a_zip_is_refused(store: CodeStore) -> None:
    """Above 50 MB zipped AWS answers 413."""
    error = refusal(store, b"\0" * 52_428_801)
    assert (error.status, error.code) == (413, "RequestEntityTooLargeException")
    assert error.message == "Zipped size must be smaller than 52428800 bytes"


def test_too_many_files_are_refused(store: CodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small zip cannot exhaust the file system's inodes."""
    monkeypatch.setattr(code, "MAXIMUM_ENTRIES", 2)
    error = refusal(store, archive(("a", b""), ("b", b""), ("c", b"")))
    assert "more than 2 files" in error.message
