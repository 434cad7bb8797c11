"""Puts off modules that the libraries import and no order needs, until something is asked of them.

A stand-in takes the module's place in `sys.modules`. The first attribute that it lacks loads the
module into it (PEP 562), so that nothing but the moment changes. From Python 3.15 on `lazy import`
does the same (PEP 810). What it saves: docs/adr/0008.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.machinery import ModuleSpec
    from types import ModuleType

MODULES = (
    *("ast", "tokenize"),  # for inspect; some Pythons need the first at once
    *("configparser", "jmespath", "shlex"),  # for botocore
    *("bz2", "lzma", "shutil", "signal"),  # for tempfile and subprocess, which botocore imports
    *("email.header", "locale", "mimetypes"),  # for http.client, calendar and urllib3
)


def defer(names: Iterable[str] = MODULES) -> None:
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
