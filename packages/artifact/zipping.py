"""Writes a zip whose bytes depend on the content of its files only.

Sorted names, one fixed time, fixed modes, one compression level. The compressed bytes also depend
on the zlib that Python is linked with (zlib and zlib-ng compress the same input differently), so
byte identity holds among builds with the same zlib; the manifest names it.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format can say
_UNIX = 3
_FILE, _LIBRARY = 0o100644, 0o100755


def write(target: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` (content by path inside the zip) to `target`."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = (_LIBRARY if path.endswith(".so") else _FILE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=9)
