"""The load test inside Locust: its options, its one user, its shape and its exit status."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from locust import LoadTestShape, User, task
from locust.exception import StopUser

from loadtest.client import InvokeClient
from loadtest.errors import UsageError
from loadtest.ledger import Attempt, Ledger, Run, make_room
from loadtest.orders import planned
from loadtest.sender import Clock, Sender
from loadtest.shapes import SCENARIOS, Scenario, scenario
from loadtest.target import Aws, Target, connect, load_outputs
from loadtest.thresholds import load_thresholds
from loadtest.verdict import locust_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.argument_parser import LocustArgumentParser
    from locust.env import Environment

    from loadtest.classify import Judged

GRACE = 30.0
"""Seconds past the last arrival and a function timeout at which the shape ends all the same."""


class Harness:
    """What one Locust process needs to send: checked before any load starts."""

    def __init__(self, options: Namespace) -> None:
        self.scenario: Scenario = scenario(options.scenario, options.peak_rate, options.duration)
        self.thresholds = load_thresholds()[self.scenario.name]
        self.seed: int = options.seed
        self.failure: OSError | None = None
        if not (options.outputs and options.ledger):
            raise UsageError(
                "Say where to send and what to write: --outputs FILE and --ledger DIR."
            )
        aws = Aws()
        self.target: Target = connect(aws, load_outputs(Path(options.outputs)))
        self.client = InvokeClient(self.target, aws.credentials().get_frozen_credentials)
        self.directory = Path(options.ledger)
        make_room(self.directory)

    def send(self, environment: Environment) -> None:
        """Send the whole run and describe it in the ledger."""
        clock = Clock()
        start = clock.now()
        run = self._describe(start)
        cpu = time.process_time()
        try:
            with closing(Ledger(self.directory)) as ledger:
                ledger.describe(run)
                sender = Sender(self.client, ledger, clock, observer(environment))
                sent_all = sender.run(planned(self.scenario, self.seed, run.run_id, start), start)
                cpu = time.process_time() - cpu
                self.failure = sender.broken
                ended = replace(run, ended_at=clock.now(), sent_all=sent_all, cpu_seconds=cpu)
                ledger.describe(ended)
        except OSError as error:
            self.failure = self.failure or error

    def _describe(self, start: float) -> Run:
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
        )


def observer(environment: Environment) -> Callable[[Attempt, Judged, int], None]:
    """Return what shows an attempt in Locust's statistics."""
    fire: Any = environment.events.request.fire

    def observe(attempt: Attempt, judged: Judged, length: int) -> None:
        """Show an attempt; a throttle has a row of its own and is no failure."""
        throttled = judged.outcome == "throttled"
        failure = f"{judged.outcome}: {judged.reason}" if judged.failed else None
        fire(
            request_type="THROTTLED" if throttled else attempt.invocation.upper(),
            name=judged.reason if throttled else attempt.kind,
            response_time=(attempt.done_at - attempt.intended_at) * 1000,
            response_length=length,
            exception=RuntimeError(failure) if failure else None,
            context={},
        )

    return observe


class Dispatcher(User):
    """The one user: arrivals do not wait for each other, so they need no users of their own."""

    harness: ClassVar[Harness]

    @task
    def send(self) -> None:
        """Send the whole run, then stop."""
        self.harness.send(self.environment)
        raise StopUser


class Arrivals(LoadTestShape):
    """Keeps the dispatcher going until it has sent everything and heard the answers."""

    _began = False

    def tick(self) -> tuple[int, float] | None:
        """Return one user, or None once it has ended or is long overdue."""
        harness = Dispatcher.harness
        limit = harness.scenario.duration + harness.target.timeout + GRACE
        base: Any = super()  # Locust leaves these two without types
        users = base.get_current_user_count()
        if (self._began and users == 0) or base.get_run_time() > limit:
            return None
        self._began = users > 0
        return 1, 1.0


def add_options(parser: LocustArgumentParser, **_: Any) -> None:
    """Add the load test's own options to Locust's."""
    group = parser.add_argument_group("Order load")
    group.add_argument("--scenario", default="peak_hour", help=f"one of {', '.join(SCENARIOS)}")
    group.add_argument("--outputs", default="", help="the stack's outputs.json")
    group.add_argument("--ledger", default="", help="a new directory for the run's books")
    group.add_argument("--seed", type=int, default=1, help="the same seed sends the same orders")
    group.add_argument("--peak-rate", type=float, help="orders per second in the busiest stage")
    group.add_argument("--duration", type=float, help="seconds from the first to the last arrival")


def prepare(environment: Environment, **_: Any) -> None:
    """Check what can be checked before any load; on bad input say so and exit with 2."""
    try:
        Dispatcher.harness = Harness(environment.parsed_options or Namespace())
    except UsageError as error:
        # Before any load: leave at once, Locust's own start-up says nothing more useful.
        print(error, file=sys.stderr)
        sys.exit(2)


def set_exit_status(environment: Environment, **_: Any) -> None:
    """Give Locust the exit status: 2 for a broken ledger, 1 for too many errors, else 0."""
    harness = Dispatcher.harness
    if harness.failure:
        print(
            f"The ledger in {harness.directory} could not be written any more "
            f"({harness.failure.strerror}); sending stopped, what was written is kept.",
            file=sys.stderr,
        )
        environment.process_exit_code = 2
        return
    total = environment.stats.total
    environment.process_exit_code = locust_status(
        total.num_requests, total.num_failures, harness.thresholds
    )
