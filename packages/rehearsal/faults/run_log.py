"""The log of a run, a line each, only appended to: what is sent stands there before it leaves.

`deliveries.jsonl`: an invocation about to be made. `answers.jsonl`: what came of it.
`writes.jsonl`: a write that DynamoDB confirmed, seen between the function and the table.
`dlq_messages.jsonl`: a DLQ message. What happened is judged from these files and the table alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

    from load.run_log.classify import Outcome


@dataclass(frozen=True, slots=True)
class Sent:
    """An invocation about to be made; `digest` is of the event, `number` that of the delivery."""

    event_id: str
    number: int
    mode: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one invocation; `body` is the function's result where it gave one."""

    event_id: str
    number: int
    mode: str
    digest: str
    outcome: Outcome
    body: dict[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A PutItem that the table took; `item` is the digest of the whole item in DynamoDB's JSON."""

    event_id: str
    item: str


@dataclass(frozen=True, slots=True)
class DlqMessage:
    """A DLQ message; `digest` is of its body as an event."""

    event_id: str
    digest: str


Line = Sent | Answer | Write | DlqMessage
Kind = TypeVar("Kind", Sent, Answer, Write, DlqMessage)
_FILES: dict[type[Line], str] = {
    Sent: "deliveries.jsonl",
    Answer: "answers.jsonl",
    Write: "writes.jsonl",
    DlqMessage: "dlq_messages.jsonl",
}


class RunLog:
    """The open log of one run; raises UsageError where they cannot be written."""

    def __init__(self, directory: Path) -> None:
        self._files: dict[type[Line], TextIO] = {}
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for kind, name in _FILES.items():
                self._files[kind] = (directory / name).open("w", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"The run log cannot be written to {directory} ({error.strerror}): "
                "choose another --directory."
            ) from error

    def note(self, line: Line) -> None:
        """Write a line; it is on disk when this returns."""
        file = self._files[type(line)]
        file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        file.flush()

    def close(self) -> None:
        """Close its files."""
        for file in self._files.values():
            file.close()


def read(directory: Path, kind: type[Kind]) -> Iterator[Kind]:
    """Iterate over the lines of one kind of a run log."""
    with (directory / _FILES[kind]).open(encoding="utf-8") as file:
        for line in file:
            yield kind(**json.loads(line))
