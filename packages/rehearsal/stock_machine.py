"""`python3 -m rehearsal.stock_machine [SESSION ...]`: what the README says, typed by a newcomer.

The machine: an ordinary user of its own (where root runs this; else an empty home), nothing in the
environment, the oldest Python that the README names as `python3` and no `python`, the tree as git
would have it, without git, in a folder whose name has a space and an umlaut. There both commands of
the README are run as they stand, then the further sessions. Needs the standard library alone, since
nothing is installed yet.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from console import lifelines
from console.arguments import Parser
from console.checkout import ROOT
from reporting import amounts

from rehearsal.workflows.source import checkout

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

README = ROOT / "README.md"
FOLDER = "Bestellungen für morgen"
SYSTEM = "/usr/bin:/bin"

# What a company's network asks of everyone in it, where it does.
_NETWORK = re.compile(
    r"SSL_CERT_\w+|PIP_CERT|NODE_EXTRA_CA_CERTS|(PIP|UV)_(DEFAULT_)?INDEX(_URL)?|(?i:\w+_proxy)"
)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: exit status, seconds, the longest time without a word and what came
    before it."""

    status: int
    seconds: float
    silence: float
    before: str
    said: str


@dataclass(frozen=True, slots=True)
class Machine:
    """`account` is the user's; None stands for the one that runs this."""

    home: Path
    account: str | None
    path: str

    @property
    def tree(self) -> Path:
        """The project."""
        return self.home / FOLDER

    @property
    def environment(self) -> dict[str, str]:
        """All that a command finds."""
        network = {name: value for name, value in os.environ.items() if _NETWORK.fullmatch(name)}
        own = {"HOME": os.fspath(self.home), "PATH": self.path, "LANG": "C", "COLUMNS": "80"}
        return network | own

    def run(self, command: str) -> Ended:
        """Run a line as a terminal would, and show what it says."""
        began = last = time.monotonic()
        silence, before, said = 0.0, "", bytearray()
        process = lifelines.tied(
            ["bash", "-c", command], cwd=self.tree, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0, user=self.account,
            group=self.account, extra_groups=None if self.account is None else [],
        )  # fmt: skip
        output = cast("IO[bytes]", process.stdout)
        with output:
            try:
                while words := output.read(65536):
                    if time.monotonic() - last > silence:
                        silence = time.monotonic() - last
                        before = said[-70:].decode(errors="replace")
                    last = time.monotonic()
                    sys.stdout.buffer.write(words)
                    sys.stdout.flush()
                    said += words
                process.wait()
            except BaseException:
                lifelines.end(process)
                raise
        took = time.monotonic() - began
        before = before.strip().rpartition("\n")[2]
        return Ended(process.returncode, took, silence, before, said.decode(errors="replace"))


@contextmanager
def machine() -> Iterator[Machine]:
    """Make the machine, and take it away again."""
    account = f"stock-{os.getpid()}" if os.geteuid() == 0 and shutil.which("useradd") else None
    if account is None:
        home = Path(tempfile.mkdtemp(prefix="stock-"))
    else:
        _do("useradd", "--create-home", "--user-group", account)
        home = Path(pwd.getpwnam(account).pw_dir)
    try:
        made = Machine(home, account, _path(home))
        checkout(ROOT, made.tree)
        if account is not None:
            _do("chown", "--recursive", f"{account}:{account}", os.fspath(home))
        yield made
    finally:
        if account is None:
            shutil.rmtree(home)
        else:
            _do("userdel", "--force", "--remove", account)


def commands() -> list[str]:
    """Return the README's two commands: whatever stands in its first blocks of shell."""
    text = README.read_text(encoding="utf-8")
    return [block.strip() for block in _BLOCK.findall(text)]


def activation() -> str:
    """Return what the README says one types in a new terminal before `nox`."""
    return _said(r"new terminal[^`]*`([^`]+)`")


def oldest() -> str:
    """Return the oldest Python that the README names, such as 3.11."""
    return _said(r"Python (3\.\d+)")


def _said(pattern: str) -> str:
    found = re.search(pattern, README.read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"The README says nothing like {pattern}.")
    return found[1]


def _path(home: Path) -> str:
    """The system's programs; `python3` is the oldest that there is of those that will do."""
    version = oldest()
    asked = [f"{directory}/python3" for directory in SYSTEM.split(":")]
    found = next((each for each in asked if _version(each) == version), None)
    if found is not None:
        return SYSTEM
    named = shutil.which(f"python{version}")
    if named is None:
        raise SystemExit(f"There is no Python {version} here: the oldest must be tried as well.")
    own = home / "bin"
    own.mkdir()
    (own / "python3").symlink_to(Path(named).resolve())
    return f"{own}:{SYSTEM}"


def _version(python: str) -> str | None:
    say = "import sys; print('{}.{}'.format(*sys.version_info))"
    try:
        return _do(python, "-I", "-c", say)
    except (OSError, SystemExit):
        return None


def _do(*command: str) -> str:
    ended = lifelines.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {ended.stdout}")
    return str(ended.stdout).strip()


def main(arguments: Sequence[str]) -> int:
    """Run everything; 0 if all of it ended with 0, else the status of the first that did not.

    What comes after a failure is run all the same: one run shows all that is wrong.
    """
    parser = Parser(description=__doc__)
    parser.add_argument("sessions", nargs="*", metavar="SESSION", help="as: 'drill -- --list'")
    sessions = parser.parse_args(arguments).sessions
    # However this ends, the machine is taken away.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    lines = [*commands(), *(f"{activation()} && nox -s {session}" for session in sessions)]
    ended: list[tuple[str, Ended]] = []
    with machine() as made:
        for line in lines:
            print(f"$ {line}", flush=True)
            ended.append((line, made.run(line)))
        for report in made.tree.glob("build/*/report.*"):
            place = ROOT / "build" / "stock-machine" / report.parent.name
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(report, place)
    for line, end in ended:
        print(f"{end.status}  {amounts.seconds(end.seconds):>8}  {line}")
        print(f"   longest silence {amounts.seconds(end.silence)}, after: {end.before}")
    return next((end.status for _, end in ended if end.status), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
