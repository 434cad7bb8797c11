"""Events sorted into buckets on disk, so that any number of them reconciles in bounded memory.

An event's id alone says which bucket it is in: what was sent and what was found meet there, and
never more than one bucket is in memory.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Self
from zlib import crc32

from load.run_log.reconcile import (
    Answered,
    Event,
    Found,
    Reconciliation,
    Sent,
    joined,
    missing,
    reconcile,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from load.run_log.evidence import Stored
    from load.run_log.log import Attempt, Entry

BUCKETS: Final = 128
_SAMPLE: Final = 1_000
_TEXT: Final[Any] = {"encoding": "utf-8", "errors": "replace", "newline": "\n"}


@dataclass(frozen=True, slots=True)
class Missing:
    """How many events were taken on and not found yet, and some of their ids, drawn evenly."""

    count: int
    sample: list[str]


class Buckets:
    """A run log and what was found of it, in buckets under a directory of its own."""

    def __init__(self, directory: Path, buckets: int = BUCKETS, *, tabled: bool = True) -> None:
        """Work in a new directory inside of `directory`, for as long as the context lasts.

        `tabled` is whether the service has a table that tells what it took.
        """
        self._parent = directory
        self._buckets = buckets
        self._tabled = tabled

    def __enter__(self) -> Self:
        self._temporary = TemporaryDirectory(prefix=".sorted-", dir=self._parent)
        self._directory = Path(self._temporary.name)
        return self

    def __exit__(self, *_: object) -> None:
        self._temporary.cleanup()

    def sent(self, entries: Iterable[Entry], attempts: Iterable[Attempt]) -> None:
        """Sort the run log."""
        self._spill("events", ((e.event_id, e.digest, e.kind) for e in entries))
        self._spill(
            "attempts",
            ((a.event_id, a.outcome, _result(a), repr(a.done_at)) for a in attempts),
        )

    def found(self, stored: Iterable[Stored], dead: Iterable[tuple[str, str]]) -> None:
        """Sort what was found now, in place of what was found before."""
        self._spill("stored", ((s.event_id, s.digest, _at(s.recorded_at)) for s in stored))
        self._spill("dead", dead)

    def missing(self, sample: int = _SAMPLE) -> Missing:
        """Return what was taken on and is nowhere yet."""
        rng = random.Random(0)  # noqa: S311 - an even sample, nothing secret
        count = 0
        drawn: list[str] = []
        for events, found, _ in self._each(settled=True):
            for event_id in missing(events, found):
                count += 1
                if len(drawn) < sample:
                    drawn.append(event_id)
                elif (at := rng.randrange(count)) < sample:
                    drawn[at] = event_id
        return Missing(count, drawn)

    def reconcile(
        self, *, settled: bool, see: Callable[[float, float | None], None] = lambda *_: None
    ) -> Reconciliation:
        """Return what became of every event.

        `see` is told of each asynchronous event when it was accepted and when confirmed.
        """
        total = Reconciliation(0, {}, 0, ())
        for events, found, times in self._each(settled=settled):
            total += reconcile(events, found)
            for event_id, event in events.items():
                if event.accepted_at is not None:
                    see(event.accepted_at, times.get(event_id))
        return total

    def _each(self, *, settled: bool) -> Iterator[tuple[dict[str, Event], Found, dict[str, float]]]:
        for bucket in range(self._buckets):
            events = joined(
                (Sent(*row) for row in self._rows("events", bucket)),
                (
                    Answered(event_id, outcome, result or None, float(at))
                    for event_id, outcome, result, at in self._rows("attempts", bucket)
                ),
            )
            stored, times = {}, {}
            for event_id, digest, at in self._rows("stored", bucket):
                if event_id in events:
                    stored[event_id] = digest
                    if at:
                        times[event_id] = float(at)
            dead: dict[str, set[str]] = {}
            for event_id, digest in self._rows("dead", bucket):
                if event_id in events:
                    dead.setdefault(event_id, set()).add(digest)
            own = {i: _own(events[i], digests) for i, digests in dead.items()}
            yield events, Found(stored if self._tabled else None, own, settled), times

    def _spill(self, name: str, rows: Iterable[tuple[str, ...]]) -> None:
        with ExitStack() as stack:
            files = [
                stack.enter_context(self._path(name, bucket).open("w", **_TEXT))
                for bucket in range(self._buckets)
            ]
            for row in rows:
                line = "\t".join(row)
                # An id that would break a line is none of ours: a queue may hold anything.
                if line.count("\t") < len(row) and "\n" not in line:
                    bucket = crc32(row[0].encode(errors="replace")) % self._buckets
                    files[bucket].write(f"{line}\n")

    def _rows(self, name: str, bucket: int) -> Iterator[list[str]]:
        path = self._path(name, bucket)
        if path.exists():
            with path.open(**_TEXT) as file:
                for line in file:
                    yield line.rstrip("\n").split("\t")

    def _path(self, name: str, bucket: int) -> Path:
        return self._directory / f"{name}-{bucket}"


def _result(attempt: Attempt) -> str:
    return (attempt.result_digest or "") if attempt.outcome == "confirmed" else ""


def _at(time: float | None) -> str:
    return "" if time is None else repr(time)


def _own(event: Event, digests: set[str]) -> str:
    """Return the DLQ message's digest; of several under one id the event's own, if it is there."""
    return event.digest if event.digest in digests else min(digests)
