"""The load test inside Locust: its options, its one user, its shape and its exit status."""

from __future__ import annotations

import logging
import os
import signal
import sys
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import gevent  # type: ignore[import-untyped]
from console import closed_output
from console.errors import UsageError
from gevent.event import Event  # type: ignore[import-untyped]
from locust import LoadTestShape, User, task
from locust.exception import StopUser
from locust.runners import WorkerRunner
from reporting.amounts import number

from load.report.verdict import locust_status
from load.send.process import Observer, Process
from load.send.statistics import Batches
from load.send.workers import senders

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

    from load.run_log.classify import Classified
    from load.run_log.log import Attempt
    from load.scenarios import LoadTests

GRACE = 30.0
"""Seconds past the last arrival and a function timeout at which the shape ends all the same."""


def observer(show: Callable[[str, str, float, int, Exception | None], None]) -> Observer:
    """Return what shows an attempt; a throttle has a row of its own and is no failure."""

    def observe(attempt: Attempt, classified: Classified, length: int) -> None:
        throttled = classified.outcome == "throttled"
        show(
            "THROTTLED" if throttled else attempt.invocation.upper(),
            classified.reason or "unknown" if throttled else attempt.kind,
            (attempt.done_at - attempt.intended_at) * 1000,
            length,
            RuntimeError(f"{classified.outcome}: {classified.reason}")
            if classified.failed
            else None,
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


class Dispatcher(User):
    """The one user of a process: arrivals do not wait for each other, so they need none each."""

    process: ClassVar[Process]
    prepared: ClassVar[Event] = Event()
    batches: ClassVar[Batches | None] = None

    @task
    def send(self) -> None:
        """Send this process's share of the run, then stop."""
        # A worker may be told to start while it still checks what it needs.
        self.prepared.wait()
        options = self.environment.parsed_options or Namespace()
        if isinstance(self.environment.runner, WorkerRunner):
            self.process.starts(options)  # as the master was told
        batches = Batches(self.environment.stats) if options.statistics == "batches" else None
        Dispatcher.batches = batches
        show = batches.note if batches else firing(self.environment)
        try:
            self.process.send(self.environment, observer(show))
        finally:
            flush()
        raise StopUser


class Arrivals(LoadTestShape):
    """Keeps the dispatchers going until they have sent everything and heard the answers."""

    _began = False
    _senders = 1

    def reset_time(self) -> None:
        """Begin anew: Locust is about to start a run."""
        base: Any = super()  # Locust leaves it and two others without types
        base.reset_time()
        self._began, self._senders = False, 1
        # Before the first tick, which comes before `start`, and would see the last run's end.
        Dispatcher.process.forget()

    def tick(self) -> tuple[int, float] | None:
        """Return a user for each sender, or None once all ended or are long overdue."""
        process = Dispatcher.process
        limit = process.scenario.longest() + process.destination.timeout + GRACE
        runner: Any = self.runner
        base: Any = super()
        # A worker that was lost says nothing; then its user is gone.
        users = base.get_current_user_count()
        if process.ended or (self._began and users == 0) or base.get_run_time() > limit:
            return None
        self._senders = max(self._senders, senders(runner))
        self._began = self._began or users > 0
        return self._senders, float(self._senders)


def register(events: Any, load_tests: LoadTests) -> None:
    """Let Locust load by a team's scenarios: its options, its checks and its exit status."""
    closed_output.tolerate()
    events.init_command_line_parser.add_listener(partial(add_options, load_tests))
    events.init.add_listener(partial(prepare, load_tests))
    events.test_start.add_listener(start)
    # Before Locust's own listener, which is added with the runner and reads the statistics to send.
    events.report_to_master.add_listener(flush)
    events.test_stop.add_listener(flush)
    events.quitting.add_listener(set_exit_status)


def add_options(load_tests: LoadTests, parser: LocustArgumentParser, **_: Any) -> None:
    """Add the load test's own options to Locust's."""

    def own(what: str) -> str:
        each = (f"{s.name} {number(getattr(s, what))}" for s in load_tests.scenarios)
        return ", ".join(each)

    # Not in a group of their own: Locust's web page knows the parser's own options alone.
    add = parser.add_argument
    # What its form shows; an empty rate or duration is the scenario's.
    add(
        "--scenario",
        choices=load_tests.names,
        default=load_tests.names[0],
        help="how the load goes on",
    )
    add(
        "--peak-rate",
        type=float,
        help=f"events per second in the busiest stage; empty: {own('peak_rate')}",
    )
    add(
        "--duration",
        type=float,
        help=f"seconds from the first to the last arrival; empty: {own('duration')}",
    )
    add("--seed", type=int, default=1, help="the same seed sends the same events")
    # What is settled once Locust has started.
    add = partial(parser.add_argument, include_in_web_ui=False)
    add("--stack", default="local", help="where to send: what was last deployed to it from here")
    add("--service", default="", help="which of the stack's services, where there are several")
    add("--outputs", default="", help="the service's outputs.json, in place of the two")
    add("--run-log", default="", help="a new directory for the run log, else one in build/load")
    add("--thresholds", default="", help="a thresholds file instead of the own one")
    add("--day", default="", help="a day's weights instead of the cited ones")
    add(
        "--statistics",
        choices=("events", "batches"),
        default="events",
        help="an event of Locust's for each request, or figures merged twice a second",
    )


def prepare(load_tests: LoadTests, environment: Environment, runner: Any = None, **_: Any) -> None:
    """Check what can be checked before any load; on bad input say so and exit with 2."""
    # Locust's closing tables are 170 columns wide; its own page has them.
    logging.getLogger("locust.stats_logger").setLevel(logging.WARNING)
    options = environment.parsed_options or Namespace()
    try:
        Dispatcher.process = Process(load_tests, options, runner)
    except UsageError as error:
        # Before any load: leave at once, Locust's own start-up says nothing more useful.
        print(error, file=sys.stderr)
        sys.exit(2)
    # Shown on the web page, which would ask for one.
    target = Dispatcher.process.destination
    environment.host = f"{target.function}:{target.alias}"
    end_at_interrupt()
    Dispatcher.prepared.set()


def end_at_interrupt() -> None:
    """Let Ctrl-C end Locust as SIGTERM does.

    By itself it would be raised in whichever sender runs at the moment, and die there loudly.
    """
    gevent.signal_handler(signal.SIGINT, lambda: os.kill(os.getpid(), signal.SIGTERM))


def start(environment: Environment, **_: Any) -> None:
    """Take over what the run is to be: Locust's web page may have changed what was said before."""
    # A worker may be told to start while it still checks what it needs: it does this later.
    if not isinstance(environment.runner, WorkerRunner):
        Dispatcher.process.starts(environment.parsed_options or Namespace())


def flush(*_: Any, **__: Any) -> None:
    """Merge what was noted and not yet merged: before a report leaves, and at the end."""
    if Dispatcher.batches is not None:
        Dispatcher.batches.flush()


def set_exit_status(environment: Environment, **_: Any) -> None:
    """Give Locust the exit status: 2 for a broken run log, 1 for too many errors, else 0."""
    process = Dispatcher.process
    if process.failure:
        print(process.failure, file=sys.stderr)
        environment.process_exit_code = 2
        return
    total = environment.stats.total
    environment.process_exit_code = locust_status(
        total.num_requests, total.num_failures, process.thresholds
    )
