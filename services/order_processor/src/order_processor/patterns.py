"""Takes over the regular expressions that the build has compiled, as .pyc files do for modules.

Python compiles an expression by Python code, each time it starts; those of the libraries were a
seventh of initialising (docs/adr/0008). `packages/artifact/patterns.py` puts the compiled form into
the zip, for one Python. Without the file, or under another Python, `re` compiles as ever.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import json
import re
import sys
from pathlib import Path

NAME = "patterns.json"


def preload(directory: Path = Path(__file__).parents[1]) -> None:
    """Put the expressions into the cache in which `re` looks first."""
    file = directory / NAME
    if not file.is_file():
        return
    recorded = json.loads(file.read_bytes())
    if recorded["python"] != [sys.implementation.cache_tag, _sre.MAGIC]:
        return
    cache = re._cache  # type: ignore[attr-defined]  # noqa: SLF001 (no public way in)
    for pattern, wanted, flags, code, *groups in recorded["patterns"]:
        words = memoryview(bytes.fromhex(code)).cast("I").tolist()
        cache[str, pattern, wanted] = _sre.compile(pattern, flags, words, *_groups(*groups))


def _groups(
    count: int, names: dict[str, int], by_number: list[str | None]
) -> tuple[int, dict[str, int], tuple[str | None, ...]]:
    return count, names, tuple(by_number)
