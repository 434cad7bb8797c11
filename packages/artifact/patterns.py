"""Compiles the dependencies' regular expressions, for the function to take over when it starts.

Run as a script by `record`, in a process of its own: it notes what `re` hands to its engine while
the libraries are imported and a client is made.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "patterns.json"


def record(root: Path, services: Iterable[str]) -> None:
    """Write the expressions that the libraries below `root` compile; raises CalledProcessError.

    Clients are made for the AWS `services`; where there are none, nothing is written.
    """
    if not services:
        return
    command = [sys.executable, "-S", "-s", "-P", "-B", __file__, str(root), *services]
    # Nothing of this machine's environment can change which expressions there are.
    environment = {"PYTHONHASHSEED": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    for name in ("LD_LIBRARY_PATH", "PATH"):
        environment[name] = os.environ.get(name, "")
    subprocess.run(command, env=environment, check=True)


def _use(root: Path, services: list[str]) -> None:
    sys.path.insert(0, str(root))
    with contextlib.suppress(ImportError):
        import aws_lambda_powertools  # noqa: F401
    import botocore.session

    for service in services:
        botocore.session.Session().create_client(service)


def _recording(engine: Any, handed: list[Any]) -> Any:
    """The engine module `_sre`, noting what it is asked to compile."""

    def compile_(*arguments: Any) -> Any:
        handed.append(arguments)
        return engine.compile(*arguments)

    return types.SimpleNamespace(**{**vars(engine), "compile": compile_})


def _main(root: Path, services: list[str]) -> None:
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
    engine, original = compiler._sre, compiler.compile  # noqa: SLF001
    handed: list[Any] = []
    found: list[Any] = []
    compiler._sre = _recording(engine, handed)  # noqa: SLF001

    def compile_(pattern: Any, flags: int = 0) -> Any:
        compiled = original(pattern, flags)
        if isinstance(pattern, str):
            _, all_flags, code, count, names, by_number = handed[-1]
            words = array.array("I", code).tobytes().hex()
            found.append([pattern, int(flags), all_flags, words, count, names, list(by_number)])
        return compiled

    compiler.compile = compile_
    re.purge()
    _use(root, services)
    content = {"python": [sys.implementation.cache_tag, engine.MAGIC], "patterns": found}
    (root / NAME).write_text(json.dumps(content, separators=(",", ":")))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2:])
