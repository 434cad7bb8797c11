"""The sender's own books: every order before it is sent, every attempt after it, a line each.

Both files are only ever appended to. What reached the table is judged against them, never the other
way round: a table cannot tell of the order that never arrived.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from loadtest.errors import UsageError
from loadtest.shapes import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loadtest.classify import Outcome
    from loadtest.orders import Invocation, Kind

ORDERS, ATTEMPTS, RUN = "orders.jsonl", "attempts.jsonl", "run.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """An order about to be sent; `intended_at` is epoch seconds."""

    order_id: str
    digest: str
    kind: Kind
    invocation: Invocation
    intended_at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came of it; times are epoch seconds."""

    order_id: str
    kind: Kind
    invocation: Invocation
    intended_at: float
    sent_at: float
    done_at: float
    outcome: Outcome
    reason: str | None
    status: int
    executed_version: str | None
    request_id: str | None
    result_digest: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """What was run. `ended_at` is None while it runs and when it was ended from outside."""

    run_id: str
    scenario: str
    seed: int
    peak_rate: float
    duration: float
    stages: tuple[Stage, ...]
    function: str
    alias: str
    slots: int
    started_at: float
    ended_at: float | None = None
    sent_all: bool = False
    cpu_seconds: float | None = None


_Line = TypeVar("_Line", Entry, Attempt)


class Ledger:
    """The open books of one run in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        """Create the directory and the empty files.

        Raises UsageError when it holds a run already or cannot be written to.
        """
        self.directory = directory
        make_room(directory)
        self._orders = (directory / ORDERS).open("x", encoding="utf-8")
        self._attempts = (directory / ATTEMPTS).open("x", encoding="utf-8")

    def sending(self, entry: Entry) -> None:
        """Write an order down before it is sent. Raises OSError, for one when the disk is full."""
        _append(self._orders, record(entry))

    def done(self, attempt: Attempt) -> None:
        """Write down what an attempt came to. Raises OSError."""
        _append(self._attempts, record(attempt))

    def describe(self, run: Run) -> None:
        """Write what is run, whole or not at all. Raises OSError."""
        draft = self.directory / f".{RUN}"
        draft.write_text(json.dumps(record(run), indent=1) + "\n")
        draft.replace(self.directory / RUN)

    def close(self) -> None:
        """Close the files."""
        self._orders.close()
        self._attempts.close()


def make_room(directory: Path) -> None:
    """Make sure that a run can be booked in a directory, and create it.

    Raises UsageError when it holds a run already or cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        taken = (directory / ORDERS).exists()
        with NamedTemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise UsageError(
            f"The ledger cannot be written to {directory}: {error.strerror}."
        ) from error
    if taken:
        raise UsageError(f"{directory} already holds a run; give --ledger a new directory.")


def _append(file: TextIO, line: dict[str, Any]) -> None:
    # One write and one flush, so that a line is on disk whole before the request leaves.
    file.write(json.dumps(line, separators=(",", ":")) + "\n")
    file.flush()


def record(value: Entry | Attempt | Run) -> dict[str, Any]:
    """Return a value's fields under the names that the files have for them."""
    found = {name: getattr(value, field) for field, name in _NAMES[type(value)]}
    if isinstance(value, Run):
        found["stages"] = [asdict(stage) for stage in value.stages]
    return found


def camel(name: str) -> str:
    """Return a field's name as the files have it."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def entries(directory: Path) -> Iterator[Entry]:
    """Iterate over the orders. Raises UsageError when the file is missing or broken."""
    return _read(directory / ORDERS, Entry)


def attempts(directory: Path) -> Iterator[Attempt]:
    """Iterate over the attempts. Raises UsageError when the file is missing or broken."""
    return _read(directory / ATTEMPTS, Attempt)


def run(directory: Path) -> Run:
    """Return what was run. Raises UsageError when there is no run in the directory."""
    try:
        found = _fields(Run, json.loads((directory / RUN).read_text()))
        found["stages"] = tuple(Stage(**stage) for stage in found["stages"])
        return Run(**found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{directory} holds no readable run ({RUN}); give the --ledger of a finished run."
        ) from error


_NAMES: Final = {
    kind: tuple((field.name, camel(field.name)) for field in fields(kind))
    for kind in (Entry, Attempt, Run)
}


def _fields(kind: type[Entry | Attempt | Run], line: dict[str, Any]) -> dict[str, Any]:
    return {field: line[name] for field, name in _NAMES[kind]}


def _read(path: Path, kind: type[_Line]) -> Iterator[_Line]:
    """Yield the whole lines; a last one without its end was cut off and is left out."""
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield kind(**_fields(kind, json.loads(line)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} cannot be read as a ledger: {error!r}.") from error
