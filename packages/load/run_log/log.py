"""The sender's own run log: every event before it is sent, every attempt after it, a line each.

Both files are only ever appended to. What reached the table is judged against them, never the other
way round: a table cannot tell of the event that never arrived.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from console.errors import UsageError
from console.files import write_whole

from load.model.arrivals import Stage
from load.model.retries import Retries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from load.run_log.classify import Outcome

Kind = Literal["new", "invalid", "repeat"]
Invocation = Literal["sync", "async"]

EVENTS, ATTEMPTS, RUN, PART = "events.jsonl", "attempts.jsonl", "run.json", "part.json"
FLUSH_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """An event about to be sent; `intended_at` is epoch seconds."""

    event_id: str
    digest: str
    kind: Kind
    invocation: Invocation
    intended_at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what came of it; times are epoch seconds.

    `tried` counts an event's attempts from 1. A later one is due after its backoff at `due_at`; the
    event's wait counts from `intended_at` all along.
    """

    event_id: str
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
    due_at: float = 0.0
    tried: int = 1

    @property
    def lag(self) -> float:
        """Seconds by which it was sent too late."""
        return self.sent_at - (self.due_at or self.intended_at)


@dataclass(frozen=True, slots=True)
class Run:
    """What was run. `ended_at` is None while it runs and when it was ended from outside."""

    run_id: str
    scenario: str
    seed: int
    peak_rate: float
    duration: float
    stages: tuple[Stage, ...]
    retries: Retries
    stack: str
    service: str
    function: str
    alias: str
    concurrency: int
    started_at: float
    ended_at: float | None = None
    sent_all: bool = False
    cpu_seconds: float | None = None
    workers: int = 1
    workers_ended: int = 1
    cpu_share: float | None = None
    backlog: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one sender of a run did: written when it has heard all its answers, or gave up.

    CPU seconds are its own; `cpu_share` is of one core in its busiest five seconds; `backlog` is
    the most events that were due and not yet sent at one time.
    """

    index: int
    ended_at: float
    sent_all: bool
    cpu_seconds: float
    cpu_share: float
    backlog: int


_Line = TypeVar("_Line", Entry, Attempt)


class RunLog:
    """The open run log of one sender in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        """Create the directory and the empty files. Raises OSError where there are some already."""
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a line is with the system, whole, before the request leaves.
        self._events = (directory / EVENTS).open("xb", buffering=0)
        self._attempts = (directory / ATTEMPTS).open("xb")
        self._flush_at = 0.0

    def sending(self, entry: Entry) -> None:
        """Write an event down before it is sent. Raises OSError, for one when the disk is full."""
        line = _line(entry)
        # A disk that is all but full takes a part: such an event is not written down.
        if self._events.write(line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def done(self, attempt: Attempt) -> None:
        """Write down what an attempt came to, within a second. Raises OSError.

        A sender that dies in that second leaves events without an answer, which are looked for all
        the same.
        """
        self._attempts.write(_line(attempt))
        if attempt.done_at >= self._flush_at:
            self.flush()
            self._flush_at = attempt.done_at + FLUSH_SECONDS

    def flush(self) -> None:
        """Hand all attempts to the system. Raises OSError."""
        self._attempts.flush()

    def describe(self, part: Part) -> None:
        """Write what this sender did, whole or not at all. Raises OSError."""
        write(self.directory / PART, record(part))

    def close(self) -> None:
        """Close the files. Raises OSError."""
        try:
            self._events.close()
        finally:
            self._attempts.close()


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a document, whole or not at all. Raises OSError."""
    write_whole(path, json.dumps(document, indent=1) + "\n")


_encode: Final = json.JSONEncoder(separators=(",", ":")).encode


def _line(value: Entry | Attempt) -> bytes:
    names = _NAMES[type(value)]
    return f"{_encode({name: getattr(value, field) for field, name in names})}\n".encode()


def record(value: Entry | Attempt | Run | Part) -> dict[str, Any]:
    """Return a value's fields under the names that the files have for them."""
    found = {name: getattr(value, field) for field, name in _NAMES[type(value)]}
    if isinstance(value, Run):
        found["stages"] = [asdict(stage) for stage in value.stages]
        found["retries"] = asdict(value.retries)
    return found


def camel(name: str) -> str:
    """Return a field's name as the files have it."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def part_directory(directory: Path, index: int) -> Path:
    """Return where the sender `index` of several keeps its run log of the run in `directory`."""
    return directory / f"worker-{index}"


def _parts(directory: Path) -> list[Path]:
    """Return the directories with a run's run log: its own, or one for each of several senders."""
    return sorted(directory.glob("worker-*")) or [directory]


def entries(directory: Path) -> Iterator[Entry]:
    """Iterate over the events. Raises UsageError when a file is missing or broken."""
    for part in _parts(directory):
        yield from _read(part / EVENTS, Entry)


def attempts(directory: Path) -> Iterator[Attempt]:
    """Iterate over the attempts. Raises UsageError when a file is missing or broken."""
    for part in _parts(directory):
        yield from _read(part / ATTEMPTS, Attempt)


def run(directory: Path) -> Run:
    """Return what was run, as its senders ended. Raises UsageError when there is no run."""
    try:
        found = _fields(Run, json.loads((directory / RUN).read_text()))
        found["stages"] = tuple(Stage(**stage) for stage in found["stages"])
        found["retries"] = Retries(**found["retries"])
        begun = Run(**found)
        ended = [
            Part(**_fields(Part, json.loads((part / PART).read_text())))
            for part in _parts(directory)
            if (part / PART).exists()
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{directory} holds no readable run ({RUN}); give the --run-log of a finished run."
        ) from error
    return merged(begun, ended)


def merged(begun: Run, ended: Sequence[Part]) -> Run:
    """Return a run as its senders ended: only with all of them was everything sent."""
    if not ended:
        return replace(begun, workers_ended=0)
    return replace(
        begun,
        ended_at=max(part.ended_at for part in ended),
        sent_all=all(part.sent_all for part in ended) and len(ended) == begun.workers,
        workers_ended=len(ended),
        cpu_seconds=sum(part.cpu_seconds for part in ended),
        cpu_share=max(part.cpu_share for part in ended),
        backlog=max(part.backlog for part in ended),
    )


_NAMES: Final = {
    kind: tuple((field.name, camel(field.name)) for field in fields(kind))
    for kind in (Entry, Attempt, Run, Part)
}


def _fields(kind: type[Entry | Attempt | Run | Part], line: dict[str, Any]) -> dict[str, Any]:
    return {field: line[name] for field, name in _NAMES[kind]}


def _read(path: Path, kind: type[_Line]) -> Iterator[_Line]:
    """Yield the whole lines; a last one without its end was cut off and is left out."""
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield kind(**_fields(kind, json.loads(line)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} cannot be read as a run log: {error!r}.") from error
