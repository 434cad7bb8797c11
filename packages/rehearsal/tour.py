"""`nox -s tour`: types the commands of docs/first-release.md, one after the other.

The table of that page is what is run: a step is a row, `nox -s …` its command, and what stands
between backticks in its last column has to appear in what the command prints.
"""

from __future__ import annotations

import re
import shlex
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console import closed_output
from console.checkout import ROOT
from console.processes import Children
from sandbox import emulated
from sandbox.environment import local

from rehearsal.journal import Journal, StepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.processes import Child

PAGE: Final = ROOT / "docs" / "first-release.md"
HEADING: Final = "## The commands"
SERVER: Final = "emulator"
INSTALL_SECONDS: Final = 300.0
"""For the first start, which may have to fetch what the emulator needs."""
_ROW: Final = re.compile(r"^\| ([^|]+) \| `nox -s ([^`|]+)` \| ([^|]+) \|$")


@dataclass(frozen=True, slots=True)
class Stop:
    """What is done at a stop of the tour: by which arguments of `nox -s`, and what it then says."""

    what: str
    arguments: tuple[str, ...]
    says: str

    @property
    def typed(self) -> str:
        """The command."""
        return f"nox -s {shlex.join(self.arguments)}"

    @property
    def expected(self) -> list[str]:
        """Words that have to appear."""
        return re.findall(r"`([^`]+)`", self.says)


def stops(page: str) -> list[Stop]:
    """The rows of the table below the heading."""
    _, _, below = page.partition(f"{HEADING}\n")
    section, _, _ = below.partition("\n## ")
    rows = [row.groups() for line in section.splitlines() if (row := _ROW.match(line))]
    return [Stop(what, tuple(shlex.split(typed)), says) for what, typed, says in rows]


def main(arguments: Sequence[str]) -> int:
    """Go through all stops; 0 where each did what it says, 1 where one did not, 2 for bad input.

    `arguments` are the Python that has nox.
    """
    if emulated.running() is not None:
        print(
            "An emulated AWS runs already: end it (Ctrl-C where `nox -s emulator` runs), for the "
            "tour starts its own.",
            file=sys.stderr,
        )
        return 2
    found = stops(PAGE.read_text(encoding="utf-8"))
    journal = Journal(total=len(found))
    with Children(ROOT, ROOT / "build" / "tour") as children:
        for number, stop in enumerate(found, start=1):
            with journal.step(stop.what) as seen:
                print(f"        $ {stop.typed}", flush=True)
                visit(stop, f"{number:02}-{stop.arguments[0]}", [*arguments, "-m", "nox"], children)
                seen.text = f"it says {stop.says.replace('`', '')}"
            if journal.failed:
                return 1
    print("That was a release. The same commands, typed by hand, do the same; README.md has more.")
    return 0


def visit(stop: Stop, name: str, nox: Sequence[str], children: Children) -> None:
    """Run a stop's command and show what it says; StepError where it is not what it should be."""
    command = [*nox, "-s", *stop.arguments]
    if stop.arguments[0] == SERVER:
        child = children.start(name, command, local(), _show)
        _wait(child, stop)
    else:
        child = children.run(name, command, local(), _show)
        if child.process.returncode != 0:
            raise StepError(f"{stop.typed} ended with {child.process.returncode}")
    said = "\n".join(child.lines)
    missing = [words for words in stop.expected if words not in said]
    if missing:
        raise StepError(f"{stop.typed} did not say {', '.join(missing)}")


def _wait(child: Child, stop: Stop) -> None:
    """Wait until a server has said what it says once it is ready."""
    deadline = time.monotonic() + INSTALL_SECONDS
    while not all(words in "\n".join(child.lines) for words in stop.expected):
        if child.process.poll() is not None or time.monotonic() > deadline:
            raise StepError(f"{stop.typed} did not start: {child.last_line}")
        time.sleep(0.1)


def _show(line: str) -> None:
    """Show a line of a command, without what nox says of itself."""
    if not line.startswith("nox > "):
        print(f"        {line}", flush=True)


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
