"""`services/NAME/candidates/`: bad versions of a service, each of which a release has to refuse.

A candidate is a class that says only what it does wrong: `RareFailure` is `rare-failure`. Those of
one kind share a file, in which a name with an underscore is no candidate. The file becomes the
module `candidate` of the package, and the class its `Candidate`; a file named as one of the
package's own modules stands in that one's place in every candidate, to ask for it there. Each names
itself in its log lines.
"""

from __future__ import annotations

import ast
import re
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
    return sorted(_classes(service))


def injected(service: Service, name: str) -> str:
    """Return the sentence that says what is wrong with a candidate; raises UsageError."""
    if name in _OF_ANY:
        return (ast.get_docstring(ast.parse(_OF_ANY[name])) or name).splitlines()[0]
    _, found = _found(service, name)
    return (ast.get_docstring(found) or name).splitlines()[0]


def file_of(service: Service, name: str) -> Path:
    """Return the file that a bad candidate is in; raises UsageError."""
    return _found(service, name)[0]


def overlay(service: Service, name: str, directory: Path) -> Path:
    """Write the files that make a candidate of the service into `directory/NAME`; return that.

    Raises UsageError for a candidate that is not there.
    """
    file, found = (None, None) if name in _OF_ANY else _found(service, name)
    made = directory / name
    shutil.rmtree(made, ignore_errors=True)
    package = made / service.name
    package.mkdir(parents=True)
    if file is None or found is None:
        label = f'{_OF_ANY[name]}\nLABEL = "{name}"\n'
        (package / "version.py").write_text(label, encoding="utf-8")
        return made
    for path in _folder(service).glob("*.py"):
        if (service.package / path.name).exists():
            shutil.copy(path, package)
    label = f'"""Names the candidate in its log lines."""\n\nLABEL = "{name}"\n'
    (package / "version.py").write_text(label, encoding="utf-8")
    source = f"{file.read_text(encoding='utf-8')}\n\nCandidate = {found.name}\n"
    (package / "candidate.py").write_text(source, encoding="utf-8")
    return made


def _found(service: Service, name: str) -> tuple[Path, ast.ClassDef]:
    known = _classes(service)
    if name not in known:
        there = ", ".join([*_OF_ANY, *sorted(known)])
        raise UsageError(f"{service.name} has no candidate '{name}'; there are: {there}.")
    return known[name]


def _classes(service: Service) -> dict[str, tuple[Path, ast.ClassDef]]:
    """Each candidate's class, and the file that it is in."""
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "-", found.name).lower(): (path, found)
        for path in _folder(service).glob("*.py")
        if not (service.package / path.name).exists()
        for found in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(found, ast.ClassDef) and not found.name.startswith("_")
    }


def _folder(service: Service) -> Path:
    return service.folder / "candidates"
