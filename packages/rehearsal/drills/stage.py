"""Where a drill takes place: an emulated AWS, the stack on it with a live version, and callers."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from reporting import amounts
from sandbox.environment import local

from rehearsal import alias as alias_view
from rehearsal import commands, emulated
from rehearsal.drills.artifacts import FIRST
from rehearsal.drills.callers import Callers
from rehearsal.journal import StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from console.processes import Child, Children

    from rehearsal.alias import AliasState
    from rehearsal.drills.artifacts import Artifacts
    from rehearsal.drills.drill import Needs
    from rehearsal.settings import Settings

POLL_SECONDS = 0.1


class Stage:
    """One drill's own. As a context it has callers at work, once it is prepared.

    `faulty` is false where a run leaves the faults out, to see that the drill does not prove its
    claim then.
    """

    def __init__(
        self,
        settings: Settings,
        needs: Needs,
        children: Children,
        artifacts: Artifacts,
        *,
        faulty: bool = True,
    ) -> None:
        self.settings = settings
        self.needs = needs
        self.children = children
        self.faulty = faulty
        self.environment = local()
        self.outputs: dict[str, Any] = {}
        self.struck_at = time.time()
        self._artifacts = artifacts
        self._numbers = itertools.count(1)

    def prepare(self) -> None:
        """Start the emulated AWS, deploy the stack and make version 1 live."""
        self.emulator, self.environment = emulated.start(
            self.children, self.settings, *self.needs.emulator
        )
        self.aws_lambda = alias_view.client(self.environment)
        self.deploy(FIRST, "--fresh")
        self.release("smoke", "--version", "1")
        self.release("promote", "--version", "1")
        self.watcher = alias_view.Watcher(self.aws_lambda, self.function, self.alias_name)
        self.callers = Callers(
            self.environment,
            self.outputs,
            self.needs,
            self.settings.directory / "orders",
            self.settings.seed,
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

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.outputs["lambdaFunctionName"])

    @property
    def alias_name(self) -> str:
        """The name of the alias that callers invoke."""
        return str(self.outputs["lambdaAliasName"])

    def client(self, service: Any) -> Any:
        """Return a boto3 client, which tries once, for the emulated AWS."""
        return boto3.client(
            service,
            config=Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 1}),
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    # What people and workflows do.

    def deploy(self, candidate: str, *further: str) -> str:
        """Build and deploy one of the service's candidates; return its version."""
        artifact = self.artifact(candidate)
        config = {"reservedConcurrency": str(self.needs.slots)} | dict(self.needs.config)
        pairs = (word for key, text in config.items() for word in ("--config", f"{key}={text}"))
        command = [*commands.deploy(self.settings, artifact, fresh=False), *pairs, *further]
        child = self.children.run(f"deploy-{candidate}", command, self.environment)
        if child.process.returncode:
            raise StepError(f"the deployment of {candidate} failed: {child.last_line}")
        path = commands.outputs(self.settings)
        self.outputs = json.loads(path.read_text(encoding="utf-8"))
        return str(self.outputs["candidateVersion"])

    def artifact(self, candidate: str) -> Path:
        """Return the directory of a candidate's artifact, built at most once; raises StepError."""
        return self._artifacts.of(candidate, self.children)

    def release(self, command: str, *arguments: str, status: int | None = 0) -> dict[str, Any]:
        """Run the release tool to its end; return what it did.

        Raises StepError unless it ends with `status`; None takes any.
        """
        name, path = self._result_file(command)
        ended = self.children.run(
            name,
            commands.release(self.settings, command, *arguments, result=path),
            self.environment,
        )
        if status is not None and ended.process.returncode != status:
            raise StepError(f"{command} ended with {ended.process.returncode}: {ended.last_line}")
        return self.result(path)

    def start_release(self, command: str, *arguments: str) -> tuple[Child, Path]:
        """Start the release tool; its `result` will be in the file."""
        name, path = self._result_file(command)
        child = self.children.start(
            name,
            commands.release(self.settings, command, *arguments, result=path),
            self.environment,
        )
        return child, path

    @staticmethod
    def result(path: Path) -> dict[str, Any]:
        """Return what a command of the release tool did; empty where it could not even begin."""
        if not path.exists():
            return {}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _result_file(self, command: str) -> tuple[str, Path]:
        name = f"release-{next(self._numbers)}-{command}"
        return name, self.settings.directory / f"{name}.json"

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
            raise StepError(f"no order met: {', '.join(sorted(outcomes))}")
        return max(answer.done_at for answer in answers) - self.struck_at

    def alias(self) -> AliasState:
        """Return which versions the alias serves."""
        return alias_view.read(self.aws_lambda, self.function, self.alias_name)

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
        """Return the ids of all orders in the table."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["ordersTableName"],
                ConsistentRead=True,
                ProjectionExpression="orderId",
            )
        )
        return {item["orderId"]["S"] for page in pages for item in page["Items"]}

    def missing(self) -> set[str]:
        """Return the ids of asynchronous orders that were accepted and are not recorded yet."""
        accepted = {answer.order_id for answer in self.callers.since(0.0, "accepted")}
        return accepted - self.recorded()

    def dead_letters(self) -> int:
        """Return how many events wait in the dead-letter queue."""
        answer = self.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["dlqQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def reconcile(self) -> dict[str, int]:
        """Stop the callers and count all orders by their end, by the load test's reconciliation."""
        self.callers.stop()
        ledger = self.settings.directory / "orders"
        child = self.children.run(
            "reconcile", commands.reconcile(self.settings, ledger), self.environment
        )
        summary = ledger / "summary.json"
        if not summary.exists():
            raise StepError(f"the orders could not be reconciled: {child.last_line}")
        counts: dict[str, int] = json.loads(summary.read_text(encoding="utf-8"))["orders"]
        return counts
