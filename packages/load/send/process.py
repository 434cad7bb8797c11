"""What one Locust process needs to load: checked before any load starts, used while it lasts."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from console.limits import allow_open_files
from gevent.event import AsyncResult  # type: ignore[import-untyped]
from locust.runners import MasterRunner, WorkerRunner

from load.aws import Aws, Target, connect, load_outputs
from load.run_log.classify import Judged
from load.run_log.directory import holds_run, make_room, make_writable, numbered
from load.run_log.log import RUN, Attempt, Ledger, Part, Run, part_directory, record, write
from load.scenarios import Scenario, scenario
from load.send.client import InvokeClient
from load.send.cpu import Meter
from load.send.events import Share, planned
from load.send.sender import Clock, Sender
from load.send.workers import (
    LEAD_SECONDS,
    Assignment,
    Roll,
    ask,
    hear,
    report_broken,
    report_done,
)
from load.thresholds import thresholds_of

if TYPE_CHECKING:
    from argparse import Namespace

    from locust.env import Environment

Observer = Callable[[Attempt, Judged, int], None]


class Harness:
    """One Locust process's part of the load test."""

    def __init__(self, options: Namespace, runner: Any) -> None:
        """Raise UsageError when anything is missing or wrong that can be known before the load."""
        self.configure(options)
        self._headless: bool = options.headless
        self.clock = Clock()
        self.failure: str | None = None
        self.roll: Roll | None = None
        self._ended = False
        self._refused: UsageError | None = None
        self._assigned: AsyncResult = AsyncResult()
        if not (options.outputs and options.ledger):
            raise UsageError(
                "Say where to send and what to write: --outputs FILE and --ledger DIR."
            )
        allow_open_files(0)  # the limit is inherited where `run` has raised it
        aws = Aws()
        self.target: Target = connect(aws, load_outputs(Path(options.outputs)))
        self.client = InvokeClient(self.target, aws.credentials().get_frozen_credentials)
        self.directory = Path(options.ledger)
        if isinstance(runner, WorkerRunner):
            # It may be ready when the master has begun the books already.
            make_writable(self.directory)
            hear(runner, lambda given: self._assigned.set(given))
        else:
            make_room(self.directory, self.scenario.orders())
        if isinstance(runner, MasterRunner):
            self.roll = Roll(runner, self.begin, self.broken)

    def configure(self, options: Namespace) -> None:
        """Take over what is to be sent: from the command line, the web page or the master.

        Raises UsageError.
        """
        self.scenario = chosen(options)
        self.thresholds = thresholds_of(self.scenario.name, options.thresholds)
        self.seed = int(options.seed)

    def begin(self, workers: int) -> Assignment:
        """Describe the run in the ledger; return what the first of its senders is to do.

        Raises UsageError.
        """
        if self._refused is not None:
            raise self._refused
        start = self.clock.now() + (LEAD_SECONDS if workers > 1 else 0.0)
        run = self._describe(start, workers)
        number = 1
        # Who starts again on Locust's web page gets books of their own.
        while holds_run(numbered(self.directory, number)):
            number += 1
        directory = numbered(self.directory, number)
        try:
            make_room(directory, self.scenario.orders())
            write(directory / RUN, record(run))
        except OSError as error:
            raise UsageError(
                f"The ledger cannot be written to {directory}: {error.strerror}."
            ) from error
        return Assignment(run.run_id, start, Share(0, workers), number)

    def forget(self) -> None:
        """Forget the run before, its end above all: another one is about to start."""
        self._ended, self._refused, self.failure = False, None, None
        if self.roll is not None:
            self.roll.call()

    def starts(self, options: Namespace) -> None:
        """A run starts, as `options` say."""
        self.forget()
        try:
            self.configure(options)
        except UsageError as error:
            self._refused = error

    @property
    def ended(self) -> bool:
        """Whether all that are to send here have ended."""
        return self._ended or (self.roll is not None and self.roll.all_done)

    def _assignment(self, runner: Any) -> Assignment:
        """Return what this process is to send: all, or what the master says."""
        if not isinstance(runner, WorkerRunner):
            return self.begin(1)
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
            self._send(self._assignment(environment.runner), show)
        except OSError as error:
            self.broken(
                f"The ledger in {self.directory} could not be written any more "
                f"({error.strerror}); sending stopped, what was written is kept."
            )
        except UsageError as error:
            self.broken(str(error))
        finally:
            self._ended = True
            if self.failure:
                report_broken(environment.runner, self.failure)
            report_done(environment.runner)

    def _send(self, given: Assignment, show: Observer) -> None:
        share = given.share
        directory = numbered(self.directory, given.number)
        directory = part_directory(directory, share.index) if share.of > 1 else directory
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
        if not self._headless:
            logging.getLogger(__name__).error(sentence)  # the web page shows it

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


def chosen(options: Namespace) -> Scenario:
    """Return the scenario that the options name. Raises UsageError."""
    day = Path(options.day) if options.day else None
    rate, duration = _number("peak rate", options.peak_rate), _number("duration", options.duration)
    return scenario(options.scenario, rate, duration, day)


def _number(what: str, given: float | str | None) -> float | None:
    """Return a number; Locust's web page sends text, and none where a field was left empty."""
    try:
        return None if given in (None, "") else float(given)
    except ValueError as error:
        raise UsageError(f"The {what} is '{given}'; give a number above 0.") from error
