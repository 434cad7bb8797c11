"""The load test inside Locust: its options, its one user, its shape and its exit status."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gevent.event import AsyncResult, Event  # type: ignore[import-untyped]
from locust import LoadTestShape, User, task
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from loadtest.batches import Batches
from loadtest.classify import Judged
from loadtest.client import InvokeClient
from loadtest.crew import LEAD_SECONDS, Assignment, Roll, ask, hear, report_broken, senders
from loadtest.errors import UsageError
from loadtest.ledger import (
    RUN,
    Attempt,
    Ledger,
    Part,
    Run,
    make_room,
    make_writable,
    part_directory,
    record,
    write,
)
from loadtest.meter import Meter
from loadtest.orders import Share, planned
from loadtest.sender import Clock, Sender
from loadtest.shapes import SCENARIOS, Scenario, scenario
from loadtest.target import Aws, Target, connect, load_outputs
from loadtest.thresholds import load_thresholds
from loadtest.verdict import locust_status

if TYPE_CHECKING:
    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

Observer = Callable[[Attempt, Judged, int], None]

GRACE = 30.0
"""Seconds past the last arrival and a function timeout at which the shape ends all the same."""


class Harness:
    """What one Locust process needs: checked before any load starts."""

    def __init__(self, options: Namespace, runner: Any) -> None:
        self.scenario: Scenario = scenario(
            options.scenario,
            options.peak_rate,
            options.duration,
            Path(options.day) if options.day else None,
        )
        self.thresholds = load_thresholds()[self.scenario.name]
        self.seed: int = options.seed
        self.clock = Clock()
        self.failure: str | None = None
        self.roll: Roll | None = None
        self._assigned: AsyncResult = AsyncResult()
        if not (options.outputs and options.ledger):
            raise UsageError(
                "Say where to send and what to write: --outputs FILE and --ledger DIR."
            )
        allow_connections()
        aws = Aws()
        self.target: Target = connect(aws, load_outputs(Path(options.outputs)))
        self.client = InvokeClient(self.target, aws.credentials().get_frozen_credentials)
        self.directory = Path(options.ledger)
        # A worker may be ready when the master has begun the books already.
        (make_writable if isinstance(runner, WorkerRunner) else make_room)(self.directory)
        if isinstance(runner, MasterRunner):
            self.roll = Roll(runner, self.begin, self.broken)
        if isinstance(runner, WorkerRunner):
            hear(runner, lambda given: self._assigned.set(given))

    def begin(self, workers: int) -> tuple[str, float]:
        """Describe the run in the ledger; return its id and start. Raises UsageError."""
        start = self.clock.now() + (LEAD_SECONDS if workers > 1 else 0.0)
        run = self._describe(start, workers)
        try:
            make_room(self.directory)
            write(self.directory / RUN, record(run))
        except OSError as error:
            raise UsageError(
                f"The ledger cannot be written to {self.directory}: {error.strerror}."
            ) from error
        return run.run_id, start

    def _share(self, runner: Any) -> Assignment:
        """Return what this process is to send: all, or what the master says."""
        if not isinstance(runner, WorkerRunner):
            return Assignment(*self.begin(1), Share())
        self._assigned = AsyncResult()
        ask(runner)
        given: Assignment = self._assigned.get()
        return given

    def send(self, environment: Environment, show: Observer) -> None:
        """Send this process's share of the run and write down how it ended."""
        # Keeps the garbage collector from walking all that was ever imported, again and again.
        gc.collect()
        gc.freeze()
        try:
            self._send(self._share(environment.runner), show)
        except OSError as error:
            self.broken(
                f"The ledger in {self.directory} could not be written any more "
                f"({error.strerror}); sending stopped, what was written is kept."
            )
        except UsageError as error:
            self.broken(str(error))
        if self.failure:
            report_broken(environment.runner, self.failure)

    def _send(self, given: Assignment, show: Observer) -> None:
        share = given.share
        directory = part_directory(self.directory, share.index) if share.of > 1 else self.directory
        with closing(Ledger(directory)) as ledger:
            sender = Sender(self.client, ledger, self.clock, show, self.scenario.retries)
            orders = planned(self.scenario, self.seed, given.run_id, given.start, share)
            meter = Meter()
            meter.start()
            sent_all = sender.run(orders, given.start)
            cpu, cpu_share = meter.stop()
            if sender.broken is not None:
                raise sender.broken
            ledger.describe(
                Part(share.index, self.clock.now(), sent_all, cpu, cpu_share, sender.backlog)
            )

    def broken(self, sentence: str) -> None:
        """Remember why the run could not go on."""
        self.failure = self.failure or sentence

    def _describe(self, start: float, workers: int) -> Run:
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(start))
        return Run(
            run_id=f"{stamp}{int(start * 1000) % 1000:03d}-{os.getpid()}",
            scenario=self.scenario.name,
            seed=self.seed,
            peak_rate=self.scenario.peak_rate,
            duration=self.scenario.duration,
            stages=self.scenario.stages(),
            function=self.target.function,
            alias=self.target.alias,
            slots=self.target.slots,
            started_at=start,
            workers=workers,
        )


def observer(show: Callable[[str, str, float, int, Exception | None], None]) -> Observer:
    """Return what shows an attempt; a throttle has a row of its own and is no failure."""

    def observe(attempt: Attempt, judged: Judged, length: int) -> None:
        throttled = judged.outcome == "throttled"
        show(
            "THROTTLED" if throttled else attempt.invocation.upper(),
            judged.reason or "unknown" if throttled else attempt.kind,
            (attempt.done_at - attempt.intended_at) * 1000,
            length,
            RuntimeError(f"{judged.outcome}: {judged.reason}") if judged.failed else None,
        )

    return observe


def firing(environment: Environment) -> Callable[[str, str, float, int, Exception | None], None]:
    """Return what tells all of Locust's listeners of a request."""
    fire: Any = environment.events.request.fire

    def show(
        method: str, name: str, milliseconds: float, length: int, failure: Exception | None
    ) -> None:
        fire(
            request_type=method,
            name=name,
            response_time=milliseconds,
            response_length=length,
            exception=failure,
            context={},
        )

    return show


def allow_connections() -> None:
    """Let this process open as many connections as the system lets it: each waits for an answer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Dispatcher(User):
    """The one user of a process: arrivals do not wait for each other, so they need none each."""

    harness: ClassVar[Harness]
    prepared: ClassVar[Event] = Event()
    batches: ClassVar[Batches | None] = None

    @task
    def send(self) -> None:
        """Send this process's share of the run, then stop."""
        # A worker may be told to start while it still checks what it needs.
        self.prepared.wait()
        batches = self.batches
        show = batches.note if batches else firing(self.environment)
        try:
            self.harness.send(self.environment, observer(show))
        finally:
            flush()
        raise StopUser


class Arrivals(LoadTestShape):
    """Keeps the dispatcher going until it has sent everything and heard the answers."""

    _began = False
    _senders = 1

    def tick(self) -> tuple[int, float] | None:
        """Return a user for each sender, or None once all ended or are long overdue."""
        harness = Dispatcher.harness
        limit = harness.scenario.longest() + harness.target.timeout + GRACE
        runner: Any = self.runner
        base: Any = super()  # Locust leaves these two without types
        users = base.get_current_user_count()
        if (self._began and users == 0) or base.get_run_time() > limit:
            return None
        self._senders = max(self._senders, senders(runner))
        self._began = self._began or users > 0
        return self._senders, float(self._senders)


def add_options(parser: LocustArgumentParser, **_: Any) -> None:
    """Add the load test's own options to Locust's."""
    group = parser.add_argument_group("Order load")
    group.add_argument("--scenario", default="peak_hour", help=f"one of {', '.join(SCENARIOS)}")
    group.add_argument("--outputs", default="", help="the stack's outputs.json")
    group.add_argument("--ledger", default="", help="a new directory for the run's books")
    group.add_argument("--seed", type=int, default=1, help="the same seed sends the same orders")
    group.add_argument("--day", default="", help="a day's weights instead of the cited ones")
    group.add_argument(
        "--statistics",
        choices=("events", "batches"),
        default="events",
        help="an event of Locust's for each request, or figures merged twice a second",
    )
    group.add_argument("--peak-rate", type=float, help="orders per second in the busiest stage")
    group.add_argument("--duration", type=float, help="seconds from the first to the last arrival")


def prepare(environment: Environment, runner: Any = None, **_: Any) -> None:
    """Check what can be checked before any load; on bad input say so and exit with 2."""
    options = environment.parsed_options or Namespace()
    try:
        Dispatcher.harness = Harness(options, runner)
    except UsageError as error:
        # Before any load: leave at once, Locust's own start-up says nothing more useful.
        print(error, file=sys.stderr)
        sys.exit(2)
    if options.statistics == "batches":
        Dispatcher.batches = Batches(environment.stats)
    Dispatcher.prepared.set()


def call_roll(environment: Environment, **_: Any) -> None:
    """As the master, expect every worker that is ready now to ask for its share."""
    if isinstance(environment.runner, MasterRunner) and Dispatcher.harness.roll is not None:
        Dispatcher.harness.roll.call()


def flush(*_: Any, **__: Any) -> None:
    """Merge what was noted and not yet merged: before a report leaves, and at the end."""
    if Dispatcher.batches is not None:
        Dispatcher.batches.flush()


def set_exit_status(environment: Environment, **_: Any) -> None:
    """Give Locust the exit status: 2 for a broken ledger, 1 for too many errors, else 0."""
    harness = Dispatcher.harness
    if harness.failure:
        print(harness.failure, file=sys.stderr)
        environment.process_exit_code = 2
        return
    total = environment.stats.total
    environment.process_exit_code = locust_status(
        total.num_requests, total.num_failures, harness.thresholds
    )
