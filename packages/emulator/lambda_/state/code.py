"""Uploaded code: checked, unzipped once per CodeSha256, read-only from then on."""

from __future__ import annotations

import base64
import errno
import hashlib
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from emulator.lambda_.state import refusals

if TYPE_CHECKING:
    from emulator.errors import AwsError

MAXIMUM_ZIPPED_BYTES = 52_428_800
MAXIMUM_UNZIPPED_BYTES = 262_144_000
"""Lambda's quotas (Lambda Developer Guide, "Lambda quotas"; GetAccountSettings shows them)."""
MAXIMUM_ENTRIES = 100_000
"""Ours: keeps a small zip from exhausting the file system's inodes."""

_CHUNK = 1 << 20
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
# A name that the file system refuses, or two entries that want the same name, is the zip's fault.
_BAD_NAMES = frozenset(
    {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL, errno.EILSEQ}
)


@dataclass(frozen=True, slots=True)
class Code:
    """An unzipped upload: `sha256` is the base64 digest of the zip's bytes, `size` their number.

    The zip itself lies beside `root`, with the suffix `.zip`.
    """

    sha256: str
    size: int
    root: Path


def code_sha256(zipped: bytes) -> str:
    """What Lambda reports as `CodeSha256` (API Reference, FunctionConfiguration)."""
    return base64.b64encode(hashlib.sha256(zipped).digest()).decode()


class CodeStore:
    """Directories of unzipped code below one directory, one for each distinct zip."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def unpack(self, zipped: bytes) -> Code:
        """Unzip `zipped` unless it was before; raises `AwsError` for a zip that AWS would refuse.

        Also refused: paths that lead outside the function, links and other special files. Safe to
        call from several threads: the directory appears under its name only when complete.
        """
        if len(zipped) > MAXIMUM_ZIPPED_BYTES:
            raise refusals.too_large(
                f"Zipped size must be smaller than {MAXIMUM_ZIPPED_BYTES} bytes"
            )
        root = self._directory / hashlib.sha256(zipped).hexdigest()
        if not root.is_dir():
            self._unpack_into(root, zipped)
        return Code(code_sha256(zipped), len(zipped), root)

    def clear(self) -> None:
        """Remove all code; for the emulator's end, when no environment is left."""
        if self._directory.is_dir():
            _make_writable(self._directory)
            shutil.rmtree(self._directory)

    def _unpack_into(self, root: Path, zipped: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix="unpacking-", dir=self._directory))
        try:
            _extract(zipped, staging)
            root.with_suffix(".zip").write_bytes(zipped)
            staging.rename(root)
        except OSError as error:
            _discard(staging)
            if error.errno in _BAD_NAMES:
                raise _refused("two of its files clash, or a name is too long") from error
            if not root.is_dir():  # else another upload of the same zip was faster
                raise
        except BaseException:
            _discard(staging)
            raise


def _extract(zipped: bytes, root: Path) -> None:
    try:
        with zipfile.ZipFile(BytesIO(zipped)) as archive:
            entries = archive.infolist()
            _check(entries)
            _write_all(archive, entries, root)
    except _UNREADABLE as error:
        raise _refused() from error
    _make_read_only(root)


def _check(entries: list[zipfile.ZipInfo]) -> None:
    """Judge the whole list of contents before anything is written."""
    if not entries:
        raise refusals.invalid("Uploaded file must be a non-empty zip")
    if len(entries) > MAXIMUM_ENTRIES:
        raise _refused(f"it holds more than {MAXIMUM_ENTRIES} files")
    if sum(entry.file_size for entry in entries) > MAXIMUM_UNZIPPED_BYTES:
        raise _too_large_unzipped()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise _refused(f"the path {entry.filename!r} leads outside the function")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(f"{entry.filename!r} is a link or another special file")


def _write_all(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], root: Path) -> None:
    left = MAXIMUM_UNZIPPED_BYTES
    for entry in entries:
        path = root / entry.filename
        if entry.is_dir():
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            left -= _write(archive, entry, path, left)
            executable = (entry.external_attr >> 16) & 0o111
            path.chmod(0o555 if executable else 0o444)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, allowed: int) -> int:
    """Write one file, counting what really comes out: a header may lie about its size."""
    written = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > allowed:
                raise _too_large_unzipped()
            target.write(chunk)
    return written


def _make_read_only(root: Path) -> None:
    for path in [*root.rglob("*"), root]:
        if path.is_dir():
            path.chmod(0o555)


def _make_writable(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def _discard(root: Path) -> None:
    _make_writable(root)
    shutil.rmtree(root)


def _refused(reason: str = "") -> AwsError:
    detail = f" ({reason})" if reason else ""
    return refusals.invalid(
        f"Could not unzip uploaded file{detail}. Please check your file, then try to upload again."
    )


def _too_large_unzipped() -> AwsError:
    return refusals.invalid(f"Unzipped size must be smaller than {MAXIMUM_UNZIPPED_BYTES} bytes")
