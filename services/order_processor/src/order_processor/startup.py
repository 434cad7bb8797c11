"""What shortens the time until the first order, before any library is imported (docs/adr/0008).

`preload` takes over the regular expressions that the build has compiled, as .pyc files do for
modules. Python compiles an expression by Python code, each time it starts; those of the libraries
were a seventh of initialising. `packages/artifact/patterns.py` puts the compiled form into the zip,
for one Python. Without the file, or under another Python, `re` compiles as ever.

`defer` puts off modules that the libraries import and no order needs, until something is asked of
them. A stand-in takes the module's place in `sys.modules`. The first attribute that it lacks loads
the module into it (PEP 562), so that nothing but the moment changes. `importlib.util.LazyLoader`
would load it at the import already, which asks for `__spec__`. From Python 3.15 on `lazy import`
does the same (PEP 810).
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import json
import re
import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec
    from types import ModuleType

NAME = "patterns.json"
DEFERRED = (
    *("ast", "tokenize"),  # for inspect; some Pythons need the first at once
    *("configparser", "jmespath", "shlex"),  # for botocore
    *("bz2", "lzma", "shutil", "signal"),  # for tempfile and subprocess, which botocore imports
    *("email.header", "locale", "mimetypes"),  # for http.client, calendar and urllib3
)


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


def defer(names: Iterable[str] = DEFERRED) -> None:
    """Put off those that have not been imported yet."""
    for name in names:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None:
            sys.modules[name] = stand_in = _stand_in(spec)
            if spec.parent and spec.parent != name:
                setattr(sys.modules[spec.parent], name.rpartition(".")[2], stand_in)


def _stand_in(spec: ModuleSpec) -> ModuleType:
    module = module_from_spec(spec)

    def load(attribute: str) -> Any:
        vars(module).pop("__getattr__", None)
        spec.loader.exec_module(module)  # type: ignore[union-attr]
        return getattr(module, attribute)

    module.__getattr__ = load  # type: ignore[method-assign]
    return module
