"""Orders sorted into buckets on disk, so that any number of them reconciles in bounded memory.

An order's id alone says which bucket it is in: what was sent and what was found meet there, and
never more than one bucket is in memory.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from zlib import crc32

from load.run_log.reconcile import Found, Order, Reconciliation, books, missing, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from load.run_log.evidence import Stored
    from load.run_log.log import Attempt, Entry

BUCKETS: Final = 128
_SAMPLE: Final = 1_000
_TEXT: Final[Any] = {"encoding": "utf-8", "errors": "replace", "newline": "\n"}


class _Sent(NamedTuple):
    order_id: str
    digest: str
    kind: str


class _Answered(NamedTuple):
    order_id: str
    outcome: str
    result_digest: str | None
    done_at: float


@dataclass(frozen=True, slots=True)
class Missing:
    """How many orders were taken on and not found yet, and some of their ids, drawn evenly."""

    count: int
    sample: list[str]


class Sorted:
    """A run's books and what was found of them, in buckets under a directory of its own."""

    def __init__(self, directory: Path, buckets: int = BUCKETS) -> None:
        """Work in a new directory inside of `directory`, for as long as the context lasts."""
        self._parent = directory
        self._buckets = buckets

    def __enter__(self) -> Self:
        """Create the directory."""
        self._room = TemporaryDirectory(prefix=".sorted-", dir=self._parent)
        self._directory = Path(self._room.name)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self._room.cleanup()

    def sent(self, entries: Iterable[Entry], attempts: Iterable[Attempt]) -> None:
        """Sort the ledger."""
        self._spill("orders", ((e.order_id, e.digest, e.kind) for e in entries))
        self._spill(
            "attempts",
            ((a.order_id, a.outcome, _result(a), repr(a.done_at)) for a in attempts),
        )

    def found(self, stored: Iterable[Stored], dead: Iterable[tuple[str, str]]) -> None:
        """Sort what was found now, in place of what was found before."""
        self._spill("stored", ((s.order_id, s.digest, _at(s.confirmed_at)) for s in stored))
        self._spill("dead", dead)

    def missing(self, sample: int = _SAMPLE) -> Missing:
        """Return what was taken on and is nowhere yet."""
        rng = random.Random(0)  # noqa: S311 - an even sample, nothing secret
        count = 0
        drawn: list[str] = []
        for orders, found, _ in self._each(settled=True):
            for order_id in missing(orders, found.stored.keys() | found.dead.keys()):
                count += 1
                if len(drawn) < sample:
                    drawn.append(order_id)
                elif (at := rng.randrange(count)) < sample:
                    drawn[at] = order_id
        return Missing(count, drawn)

    def reconcile(
        self, *, settled: bool, see: Callable[[float, float | None], None] = lambda *_: None
    ) -> Reconciliation:
        """Return what became of every order.

        `see` is told of each asynchronous order when it was accepted and when confirmed.
        """
        total = Reconciliation(0, {}, 0, ())
        for orders, found, times in self._each(settled=settled):
            total += reconcile(orders, found)
            for order_id, order in orders.items():
                if order.accepted_at is not None:
                    see(order.accepted_at, times.get(order_id))
        return total

    def _each(self, *, settled: bool) -> Iterator[tuple[dict[str, Order], Found, dict[str, float]]]:
        for bucket in range(self._buckets):
            orders = books(
                (_Sent(*row) for row in self._rows("orders", bucket)),
                (
                    _Answered(order_id, outcome, result or None, float(at))
                    for order_id, outcome, result, at in self._rows("attempts", bucket)
                ),
            )
            stored, times = {}, {}
            for order_id, digest, at in self._rows("stored", bucket):
                if order_id in orders:
                    stored[order_id] = digest
                    if at:
                        times[order_id] = float(at)
            dead: dict[str, set[str]] = {}
            for order_id, digest in self._rows("dead", bucket):
                if order_id in orders:
                    dead.setdefault(order_id, set()).add(digest)
            letters = {i: _own(orders[i], digests) for i, digests in dead.items()}
            yield orders, Found(stored, letters, settled), times

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


def _own(order: Order, digests: set[str]) -> str:
    """Return the dead letter's digest; of several under one id the order's own, if it is there."""
    return order.digest if order.digest in digests else min(digests)
