"""`python -m service.creation NAME`: makes a service from the template (`nox -s new_service`)."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from console import closed_output
from console.arguments import Parser
from console.errors import UsageError

from service.declaration import FOLDER, LONGEST, check_apart, load, load_all

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPLATE: Final = Path(__file__).parent / "template"
_SUFFIX: Final = ".tmpl"
_NAME: Final = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"


def create(name: str, folder: Path = FOLDER) -> Path:
    """Make `folder`/NAME, whole or not at all, and return it.

    Raises UsageError for a name that cannot be a service's.
    """
    _check(name, folder)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
        made = Path(temporary) / name
        _write(name, made)
        # What it declares is right, also beside the others, before anybody sees it.
        check_apart([*load_all(folder), load(name, Path(temporary))])
        shutil.move(made, folder / name)
    return folder / name


def _check(name: str, folder: Path) -> None:
    if not re.fullmatch(_NAME, name) or len(name) > LONGEST:
        raise UsageError(
            f"'{name}' cannot be a service's name: write lower-case words joined by underscores, "
            f"at most {LONGEST} characters, such as invoice_processor."
        )
    if (folder / name).exists():
        raise UsageError(f"services/{name} exists: choose another name.")
    if keyword.iskeyword(name) or find_spec(name) is not None:
        raise UsageError(f"Python has a module '{name}' already: choose another name.")


def _write(name: str, made: Path) -> None:
    dashed = name.replace("_", "-")
    values = {
        "name": name,
        "dashed": dashed,
        "resources": dashed,
        "title": f"The {name.replace('_', ' ')}",
    }
    for source in sorted(TEMPLATE.rglob(f"*{_SUFFIX}")):
        place = source.relative_to(TEMPLATE).with_suffix("")
        if place.parts[0] == "src":
            place = Path("src", name, *place.parts[1:])
        target = made / place
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template(source.read_text(encoding="utf-8")).substitute(values)
        target.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make one; 0, or 2 with a sentence."""
    parser = Parser(prog="nox -s new_service --", description=__doc__)
    parser.add_argument("name", help="such as invoice_processor")
    name = parser.parse_args(arguments).name
    try:
        create(name)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"services/{name} is there. Test it: nox -s tests -- services/{name}. Rehearse it: nox -s "
        f"rehearse -- --service {name}. What to change, step by step: docs/services.md."
    )
    return 0


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
