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

from console.checkout import ROOT
from console.errors import UsageError
from console.limits import allow_open_files
from gevent.event import AsyncResult  # type: ignore[import-untyped]
from locust.runners import MasterRunner, WorkerRunner
from service.declaration import default

from load.aws import Aws, Destination, connect, load_outputs
from load.run_log.classify import Classified
from load.run_log.directory import dated, holds_run, make_room, make_writable, numbered
from load.run_log.log import RUN, Attempt, Part, Run, RunLog, part_directory, record, write
from load.send.client import InvokeClient
from load.send.cpu import Meter
from load.send.events import Share, Source, planned, probes_of
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

    from load.scenarios import LoadTests, Scenario

Observer = Callable[[Attempt, Classified, int], None]


class Process:
    """One Locust process's part of the load test."""

    def __init__(self, load_tests: LoadTests, options: Namespace, runner: Any) -> None:
        """Raise UsageError when anything is missing or wrong that can be known before the load."""
        self._load_tests = load_tests
        self.configure(options)
        self._headless: bool = options.headless
        self.clock = Clock()
        self.failure: str | None = None
        self.roll: Roll | None = None
        self._ended = False
        self._refused: UsageError | None = None
        self._assigned: AsyncResult = AsyncResult()
        alone = not isinstance(runner, MasterRunner | WorkerRunner)
        if not (options.run_log or alone):
            raise UsageError("Several processes write one run log: say where, --run-log DIR.")
        allow_open_files(0)  # the limit is inherited where `run` has raised it
        aws = Aws()
        outputs = load_outputs(Path(options.outputs) if options.outputs else last_deployed(options))
        self.probes = probes_of(outputs.service)
        self._outputs = outputs
        self.destination: Destination = connect(aws, outputs)
        self.client = InvokeClient(self.destination, aws.credentials().get_frozen_credentials)
        kept = ROOT / "build/load" / f"{outputs.stack}-{self.scenario.name}"
        self.directory = Path(options.run_log) if options.run_log else dated(kept)
        if isinstance(runner, WorkerRunner):
            # It may be ready when the master has begun the run log already.
            make_writable(self.directory)
            hear(runner, lambda given: self._assigned.set(given))
        else:
            make_room(self.directory, self.scenario.events())
        if isinstance(runner, MasterRunner):
            self.roll = Roll(runner, self.begin, self.broken)

    def configure(self, options: Namespace) -> None:
        """Take over what is to be sent: from the command line, the web page or the master.

        Raises UsageError.
        """
        self.scenario = chosen(self._load_tests, options)
        self.thresholds = thresholds_of(
            self.scenario.name, Path(options.thresholds or self._load_tests.thresholds)
        )
        self.seed = int(options.seed)

    def begin(self, workers: int) -> Assignment:
        """Describe the run in the run log; return what the first of its senders is to do.

        Raises UsageError.
        """
        if self._refused is not None:
            raise self._refused
        start = self.clock.now() + (LEAD_SECONDS if workers > 1 else 0.0)
        run = self._describe(start, workers)
        number = 1
        # Who starts again on Locust's web page gets run log of their own.
        while holds_run(numbered(self.directory, number)):
            number += 1
        directory = numbered(self.directory, number)
        try:
            make_room(directory, self.scenario.events())
            write(directory / RUN, record(run))
        except OSError as error:
            raise UsageError(
                f"The run log cannot be written to {directory}: {error.strerror}."
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
                f"The run log in {self.directory} could not be written any more "
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
        with closing(RunLog(directory)) as run_log:
            sender = Sender(
                self.client, self.probes, run_log, self.clock, show, self.scenario.retries
            )
            source = Source(self.probes, self.seed, given.run_id, given.start)
            events = planned(self.scenario, source, share)
            meter = Meter()
            meter.start()
            sent_all = sender.run(events, given.start)
            cpu, cpu_share = meter.stop()
            if sender.broken is not None:
                raise sender.broken
            run_log.describe(
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
            retries=self.scenario.retries,
            stack=self._outputs.stack,
            service=self._outputs.service.name,
            function=self.destination.function,
            alias=self.destination.alias,
            concurrency=self.destination.concurrency,
            started_at=start,
            workers=workers,
        )


def last_deployed(options: Namespace) -> Path:
    """Return where the last deployment from here left a service's outputs. Raises UsageError."""
    service = options.service or default()
    return ROOT / f"build/stacks/{options.stack}/{service}/outputs.json"


def chosen(load_tests: LoadTests, options: Namespace) -> Scenario:
    """Return the scenario that the options name. Raises UsageError."""
    day = Path(options.day) if options.day else None
    rate, duration = _number("peak rate", options.peak_rate), _number("duration", options.duration)
    return load_tests.scenario(options.scenario, rate, duration, day)


def _number(what: str, given: float | str | None) -> float | None:
    """Return a number; Locust's web page sends text, and none where a field was left empty."""
    try:
        return None if given in (None, "") else float(given)
    except ValueError as error:
        raise UsageError(f"The {what} is '{given}'; give a number above 0.") from error
