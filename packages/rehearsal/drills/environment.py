"""A drill's test environment: an emulated AWS, the stack on it with a live version, and callers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

from reporting import amounts

from rehearsal import alias as alias_view
from rehearsal.callers.callers import Callers
from rehearsal.callers.run_log import RunLog
from rehearsal.faults.oracle import table_of
from rehearsal.journal import StepError
from rehearsal.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from console.processes import Children

    from rehearsal.drills.needs import Needs
    from rehearsal.settings import Settings

POLL_SECONDS = 0.1
FIRST = "first"
"""The service as it is, without any candidate's changes."""


class DrillEnvironment(Stack):
    """One drill's own. As a context it has callers at work, once it is prepared.

    `faulty` is false where a run leaves the faults out, to see that the drill does not prove its
    claim then. `artifacts` holds what the drills of a run have built, each candidate once.
    """

    def __init__(
        self,
        settings: Settings,
        needs: Needs,
        children: Children,
        artifacts: Path,
        *,
        faulty: bool = True,
    ) -> None:
        super().__init__(settings, children)
        self.needs = needs
        self.faulty = faulty
        self.struck_at = time.time()
        self.run_log = self.path("run_log")
        self._artifacts = artifacts

    def prepare(self) -> None:
        """Start the emulated AWS, deploy the stack and make version 1 live."""
        self.start(*self.needs.emulator)
        self.deploy_candidate(FIRST)
        self.release("smoke", "--version", "1")
        self.release("promote", "--version", "1")
        self.watcher = alias_view.Watcher(self.lambda_, self.function, self.alias_name)
        self.callers = Callers(
            self.environment,
            (self.function, self.alias_name),
            self.settings.service,
            self.needs.manners,
            self.settings.seed,
            RunLog(self.run_log, self.outputs),
        )

    def __enter__(self) -> Self:
        self.watcher.start()
        self.callers.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.callers.stop()
        else:
            self.callers.abandon()
        self.watcher.stop()

    # What people and workflows do.

    def deploy_candidate(self, candidate: str, **config: object) -> str:
        """Deploy one of the service's candidates, built at most once; return its version."""
        return self.deploy(self.artifact(candidate), **config)

    def deployment(self, artifact: Path, config: Mapping[str, object]) -> list[str]:
        """Return the command that deploys, with what the drill needs of the stack."""
        needed = {"reservedConcurrency": self.needs.concurrency, **self.needs.config}
        return super().deployment(artifact, needed | dict(config))

    def artifact(self, candidate: str) -> Path:
        """Return the directory of a candidate's artifact, built at most once."""
        out = self._artifacts / candidate
        if not self.manifest(out).exists():
            self.build(out, self.settings.overlay(None if candidate == FIRST else candidate))
        return out

    # The fault, and what is seen of it.

    def inject(self, action: Callable[[], object]) -> None:
        """Let the fault happen, unless this run leaves it out; seconds count from here."""
        self.struck_at = time.time()
        if self.faulty:
            action()

    def seconds(self) -> float:
        """Return the seconds since the fault."""
        return time.time() - self.struck_at

    def until(self, what: str, holds: Callable[[], object], patience: float = 30.0) -> float:
        """Wait until something holds; return the seconds since the fault.

        Raises StepError, saying that `what` did not happen, after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while not holds():
            if time.monotonic() > deadline:
                raise StepError(f"not seen within {amounts.number(patience)} s: {what}")
            time.sleep(POLL_SECONDS)
        return self.seconds()

    def last(self, *outcomes: str) -> float:
        """Return the seconds from the fault to the last answer of these outcomes; StepError where
        there was none.
        """
        answers = self.callers.since(self.struck_at, *outcomes)
        if not answers:
            raise StepError(f"no event met: {', '.join(sorted(outcomes))}")
        return max(answer.done_at for answer in answers) - self.struck_at

    def seconds_to_alias(self, shares: dict[str, float]) -> float:
        """Return the seconds from the fault to when the alias came to give these shares, to stay.

        Raises StepError where it does not give them now.
        """
        self.watcher.sample()
        at, state = self.watcher.history[-1]
        if state.shares() != shares:
            raise StepError(f"the alias serves {state}")
        return at - self.struck_at

    def alarm(self, name: str) -> str:
        """Return an alarm's state: OK, ALARM or INSUFFICIENT_DATA."""
        return str(self._alarm(name)["StateValue"])

    def alarmed(self, name: str) -> float:
        """Wait until an alarm has risen since the fault; return the seconds that it took."""
        self.until(
            f"{name} in ALARM",
            lambda: self.alarm(name) == "ALARM" and self._rose(name) > self.struck_at,
        )
        return self._rose(name) - self.struck_at

    def _rose(self, name: str) -> float:
        changed: datetime = self._alarm(name)["StateUpdatedTimestamp"]
        return changed.timestamp()

    def _alarm(self, name: str) -> Any:
        answer = self.client("cloudwatch").describe_alarms(AlarmNames=[name])
        if not answer["MetricAlarms"]:
            raise StepError(f"there is no alarm {name}")
        return answer["MetricAlarms"][0]

    def alarm_on(self, metric: str) -> str:
        """Return the name of the stack's alarm on a metric alone, as `Errors`."""
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        names = [a["AlarmName"] for a in alarms if a.get("MetricName") == metric]
        if len(names) != 1:
            raise StepError(f"there is no one alarm on {metric}: {names}")
        return str(names[0])

    def recorded(self) -> set[str]:
        """Return the ids of all events in the table."""
        key = table_of(self.settings.service).key
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["tableName"],
                ConsistentRead=True,
                ProjectionExpression=key,
            )
        )
        return {item[key]["S"] for page in pages for item in page["Items"]}

    def missing(self) -> set[str]:
        """Return the ids of asynchronous events that were accepted and are not recorded yet."""
        accepted = {answer.event_id for answer in self.callers.since(0.0, "accepted")}
        return accepted - self.recorded()

    def dlq_messages(self) -> int:
        """Return how many events wait in the dead-letter queue."""
        answer = self.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["dlqQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def reconcile(self) -> dict[str, int]:
        """Stop the callers and count all events by their end, by the load test's reconciliation."""
        self.callers.stop()
        child = self.children.run("reconcile", self.reconciliation(self.run_log), self.environment)
        summary = self.run_log / "summary.json"
        if not summary.exists():
            raise StepError(f"the events could not be reconciled: {child.last_line}")
        counts: dict[str, int] = json.loads(summary.read_text(encoding="utf-8"))["events"]
        return counts
