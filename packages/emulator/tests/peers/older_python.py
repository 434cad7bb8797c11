"""LocalStack's suites on Python 3.11: what they have of 3.12 and 3.13 is taken out on import.

It needs Python 3.13; this repository, and the machine that proves it, have 3.11 as well.
"""

from __future__ import annotations
import __future__

import itertools
import re
import sys
import typing
import warnings
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

import typing_extensions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import CodeType, ModuleType

PARAMETERS = re.compile(rb"^( *(?:async )?(?:def|class) \w+)\[([^\]]*)\](?=\(|:)", re.MULTILINE)
ALIAS = re.compile(rb"^type (?=\w+ =)", re.MULTILINE)


class Loader(SourceFileLoader):
    """Compiles a module without type parameters (PEP 695), its annotations unevaluated."""

    def get_data(self, path: str) -> bytes:
        """Return the source without them; no cache of bytecode is asked."""
        if path.endswith(".pyc"):
            raise OSError(path)
        return ALIAS.sub(b"", PARAMETERS.sub(rb"\1", super().get_data(path)))

    def source_to_code(self, data: bytes, path: str) -> CodeType:  # type: ignore[override]
        """Compile it as if it began with `from __future__ import annotations`."""
        flags = __future__.annotations.compiler_flag
        code: CodeType = compile(data, path, "exec", flags=flags, dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run it, with a type variable for each parameter."""
        for found in PARAMETERS.finditer(super().get_data(self.path)):
            for parameter in found[2].decode().split(","):
                name = parameter.split(":")[0].strip(" *")
                setattr(module, name, typing.TypeVar(name))
        super().exec_module(module)


class Finder(PathFinder):
    """Finds LocalStack's modules and tests, for that loader."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what the import system would, for these modules alone."""
        if fullname.split(".")[0] not in ("localstack", "tests"):
            return None
        found = super().find_spec(fullname, path, target)
        if found and isinstance(found.loader, SourceFileLoader):
            found.loader = Loader(found.loader.name, found.loader.path)
        return found


def _batched(items: Iterable[object], size: int, *, strict: bool) -> Iterator[tuple[object, ...]]:
    assert not strict
    rest = iter(items)
    return iter(lambda: tuple(itertools.islice(rest, size)), ())


if sys.version_info < (3, 13):
    warnings.deprecated = typing_extensions.deprecated  # type: ignore[attr-defined]
    sys.meta_path.insert(0, Finder)
    itertools.batched = _batched  # type: ignore[attr-defined]
