"""Compiles a tree to bytecode; run as a script by `compile_tree`, in a process of its own.

Bytecode is most of a cold start: without it Lambda compiles every module on every cold start, since
the code directory is read-only. Unchecked-hash files (PEP 552) stay valid whatever time stamps
unpacking leaves. A fresh interpreter with a fixed hash seed, nothing but the standard library and
a fixed order of files makes the same bytes each time: what marshal writes depends on the
interning and sharing of objects in the process that writes it.
"""

import os
import py_compile
import subprocess
import sys
from pathlib import Path


def compile_tree(root: Path) -> None:
    """Compile every `.py` below `root` for the running Python; raises CalledProcessError."""
    command = [sys.executable, "-S", "-s", "-P", __file__, str(root)]
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    subprocess.run(command, env=environment | {"PYTHONHASHSEED": "0"}, check=True)


def _compile(root: Path) -> None:
    os.chdir(root)
    for path in sorted(Path().rglob("*.py"), key=lambda path: path.as_posix()):
        py_compile.compile(
            str(path),
            dfile=path.as_posix(),  # never the build directory; the importer sets the real one
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    _compile(Path(sys.argv[1]))
