"""Who sends what: one process sends all, or Locust's workers each send their share.

All draw the same seeded schedule, and each sends every n-th event of it. A worker that is ready
asks the master for its share; once all have asked, the master says who is which and when the run
starts. Nothing else passes between them until the run log are read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from console.errors import UsageError
from locust.runners import MasterRunner, WorkerRunner

from load.send.events import Share

if TYPE_CHECKING:
    from collections.abc import Callable

ASK: Final = "events-ask"
ASSIGNMENT: Final = "events-assignment"
DONE: Final = "events-done"
BROKEN: Final = "events-broken"
LEAD_SECONDS: Final = 0.5
"""How long after its assignment a worker's first event is due at the earliest."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One sender's part of a run that starts at `start` (epoch seconds).

    `number` counts the runs that these processes make, from 1.
    """

    run_id: str
    start: float
    share: Share
    number: int = 1

    def message(self) -> dict[str, Any]:
        """Return what goes over the wire."""
        return asdict(self)

    @classmethod
    def read(cls, message: dict[str, Any]) -> Assignment:
        """Return what came over the wire."""
        share = Share(**message["share"])
        return cls(message["run_id"], message["start"], share, message["number"])


def senders(runner: Any) -> int:
    """Return how many processes will send."""
    if not isinstance(runner, MasterRunner):
        return 1
    clients = runner.clients
    return len(clients.ready + clients.spawning + clients.running)


class Roll:
    """The master's list of the workers that asked for a share, in the order they asked."""

    def __init__(
        self, runner: Any, begin: Callable[[int], Assignment], broken: Callable[[str], None]
    ) -> None:
        """`begin` is told how many send and returns what the first of them is to do."""
        self._runner = runner
        self._begin = begin
        self._broken = broken
        self._workers: list[str] = []
        self._done: set[str] = set()
        self._expected = 0
        runner.register_message(ASK, lambda msg, **_: self._asked(msg.node_id))
        runner.register_message(DONE, lambda msg, **_: self._done.add(msg.node_id))
        runner.register_message(BROKEN, lambda msg, **_: broken(msg.data["sentence"]))

    def call(self) -> None:
        """Begin anew: a run is about to start with the workers that are ready now."""
        self._workers, self._done, self._expected = [], set(), senders(self._runner)

    @property
    def all_done(self) -> bool:
        """Whether every worker of the run has said that it ended its share."""
        return 0 < self._expected <= len(self._done)

    def _asked(self, worker: str) -> None:
        self._workers.append(worker)
        if len(self._workers) != self._expected:
            return  # one is missing, or came too late
        try:
            first = self._begin(self._expected)
        except UsageError as error:
            self._broken(str(error))
            self._done.update(self._workers)
            return
        for index, asking in enumerate(self._workers):
            given = replace(first, share=Share(index, self._expected))
            self._runner.send_message(ASSIGNMENT, given.message(), asking)


def hear(runner: WorkerRunner, assigned: Callable[[Assignment], None]) -> None:
    """Hear of one's share."""
    runner.register_message(ASSIGNMENT, lambda msg, **_: assigned(Assignment.read(msg.data)))


def ask(runner: WorkerRunner) -> None:
    """Ask for a share."""
    runner.send_message(ASK)


def report_done(runner: Any) -> None:
    """Tell the master, if there is one, that this worker's share is ended, well or not."""
    if isinstance(runner, WorkerRunner):
        # First its statistics: at the end Locust waits only half a second for those of a worker.
        runner._send_stats()  # noqa: SLF001 (there is no public way)
        runner.send_message(DONE)


def report_broken(runner: Any, sentence: str) -> None:
    """Tell the master, if there is one, that this worker could not go on."""
    if isinstance(runner, WorkerRunner):
        runner.send_message(BROKEN, {"sentence": sentence})
