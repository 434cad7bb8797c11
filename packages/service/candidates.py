"""`services/NAME/candidates/`: bad versions of a service, each of which a release has to refuse.

A candidate is one module that says only what it does wrong. It becomes the module `candidate` of
the package; a file named as one of the package's own modules stands in that one's place in every
candidate, to ask `candidate` there. Each names itself in its log lines.
"""

from __future__ import annotations

import ast
import shutil
from typing import TYPE_CHECKING, Final

from console.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from service.declaration import Service

GOOD: Final = "good-release"
"""Of any service: a harmless change, of nothing but the name in the log lines."""
COLD_SHIFT: Final = "cold-shift"
"""Of any service: a good release that takes two seconds to start. Warmed it costs nobody anything;
getting all the traffic at once, unwarmed, it keeps all concurrency busy meanwhile."""
_OF_ANY: Final = {
    GOOD: '"""A harmless change of the name in the log lines."""\n',
    COLD_SHIFT: (
        '"""A good release that takes two seconds to start: warmed it costs nobody anything."""\n\n'
        "import time\n\ntime.sleep(2)\n"
    ),
}


def names(service: Service) -> list[str]:
    """Return the bad candidates of a service."""
    return sorted(
        path.stem.replace("_", "-")
        for path in _folder(service).glob("*.py")
        if not (service.package / path.name).exists()
    )


def injected(service: Service, name: str) -> str:
    """Return the sentence that says what is wrong with a candidate; raises UsageError."""
    return (ast.get_docstring(ast.parse(_source(service, name))) or name).splitlines()[0]


def overlay(service: Service, name: str, directory: Path) -> Path:
    """Write the files that make a candidate of the service into `directory/NAME`; return that.

    Raises UsageError for a candidate that is not there.
    """
    source = _source(service, name)
    made = directory / name
    shutil.rmtree(made, ignore_errors=True)
    package = made / service.name
    package.mkdir(parents=True)
    if name in _OF_ANY:
        (package / "version.py").write_text(f'{source}\nLABEL = "{name}"\n', encoding="utf-8")
        return made
    for path in _folder(service).glob("*.py"):
        if (service.package / path.name).exists():
            shutil.copy(path, package)
    label = f'"""Names the candidate in its log lines."""\n\nLABEL = "{name}"\n'
    (package / "version.py").write_text(label, encoding="utf-8")
    (package / "candidate.py").write_text(source, encoding="utf-8")
    return made


def _source(service: Service, name: str) -> str:
    if name in _OF_ANY:
        return _OF_ANY[name]
    known = names(service)
    if name not in known:
        there = ", ".join([*_OF_ANY, *known])
        raise UsageError(f"{service.name} has no candidate '{name}'; there are: {there}.")
    path = _folder(service) / f"{name.replace('-', '_')}.py"
    return path.read_text(encoding="utf-8")


def _folder(service: Service) -> Path:
    return service.folder / "candidates"
