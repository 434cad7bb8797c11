"""Lambda, CloudWatch and SQS in memory, answering HTTP requests as far as a release asks.

Lambda's alias is as strict as the real one: an update carries the RevisionId or is refused by 412,
a name is made once or refused by 409, and a version that an alias names cannot be deleted.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from release.tests.fakes import FUNCTION, OUTCOMES, START, FakeClock, echo, event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from release.aws.lambda_functions import Invocation

ALIAS = "production"
Body = dict[str, Any]
Answer = tuple[int, str, Body]
"""Status, error code (empty where it worked) and body."""

NOT_FOUND: Answer = (404, "ResourceNotFoundException", {"Message": "It does not exist."})
CONFLICT: Answer = (409, "ResourceConflictException", {"Message": "It exists already."})
STALE: Answer = (412, "PreconditionFailedException", {"Message": "The Revision Id differs."})


@dataclass
class Cloud:
    """What stands in AWS. Version 3 fails every event that customers send."""

    clock: FakeClock = field(default_factory=FakeClock)
    versions: list[str] = field(default_factory=lambda: ["1", "2", "3"])
    aliases: dict[str, Body] = field(default_factory=dict)
    queue: list[str] = field(default_factory=lambda: ["m0", "m1"])
    moved: datetime = START
    """When another version went live."""
    revisions: Counter[str] = field(default_factory=Counter)
    """How often each alias was written."""
    quiet: bool = False
    watched: str = "2"
    alarm: bool = False
    """Whether the alarm on errors rises as soon as version 3 is live."""
    process: Callable[[str, bytes], Invocation] = field(default_factory=echo)

    def answer(self, operation: str, path: str, body: Body) -> Answer:
        """What AWS says to one request, having done it."""
        done: Answer = getattr(self, f"_{operation}")(unquote(path), body)
        return done

    @property
    def alias(self) -> Body:
        """The alias that customers call; empty where there is none."""
        return self.aliases.get(ALIAS, {})

    def _write(self, name: str, body: Body) -> Answer:
        weights = (body.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        if not {body["FunctionVersion"], *weights} <= set(self.versions):
            return NOT_FOUND
        self.revisions[name] += 1
        if name == ALIAS and self.alias.get("FunctionVersion") != body["FunctionVersion"]:
            self.moved = self.clock.now()
        self.aliases[name] = {
            "Name": name,
            "FunctionVersion": body["FunctionVersion"],
            "Description": body.get("Description", ""),
            "RoutingConfig": body.get("RoutingConfig") or {},
            "RevisionId": f"r{self.revisions[name]}",
        }
        return 200, "", dict(self.aliases[name])

    def _GetAlias(self, path: str, _: Body) -> Answer:  # noqa: N802 (the operation's name)
        found = self.aliases.get(path.rpartition("/")[2])
        return (200, "", dict(found)) if found else NOT_FOUND

    def _CreateAlias(self, _: str, body: Body) -> Answer:  # noqa: N802
        return CONFLICT if body["Name"] in self.aliases else self._write(body["Name"], body)

    def _UpdateAlias(self, path: str, body: Body) -> Answer:  # noqa: N802
        found = self.aliases.get(name := path.rpartition("/")[2])
        if found is None:
            return NOT_FOUND
        stale = body.get("RevisionId") not in (None, found["RevisionId"])
        return STALE if stale else self._write(name, {**found, **body})

    def _DeleteAlias(self, path: str, _: Body) -> Answer:  # noqa: N802
        self.aliases.pop(path.rpartition("/")[2], None)
        return 204, "", {}

    def _ListAliases(self, *_: object) -> Answer:  # noqa: N802
        return 200, "", {"Aliases": [dict(each) for each in self.aliases.values()]}

    def _configuration(self, number: str) -> Body:
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
        queue = "arn:aws:sqs:us-east-1:123456789012:queue"
        return {
            "FunctionName": FUNCTION, "FunctionArn": arn, "Version": number, "State": "Active",
            "CodeSha256": f"sha-{number}", "DeadLetterConfig": {"TargetArn": queue},
        }  # fmt: skip

    def _ListVersionsByFunction(self, *_: object) -> Answer:  # noqa: N802
        numbers = ["$LATEST", *self.versions]
        return 200, "", {"Versions": [self._configuration(number) for number in numbers]}

    def _GetFunctionConfiguration(self, path: str, body: Body) -> Answer:  # noqa: N802, ARG002
        number = body["Qualifier"]
        return (200, "", self._configuration(number)) if number in self.versions else NOT_FOUND

    def _GetFunction(self, *_: object) -> Answer:  # noqa: N802
        concurrency = {"ReservedConcurrentExecutions": 5}
        return 200, "", {"Configuration": self._configuration("3"), "Concurrency": concurrency}

    def _GetFunctionConcurrency(self, *_: object) -> Answer:  # noqa: N802
        return 200, "", {"ReservedConcurrentExecutions": 5}

    def _DeleteFunction(self, _: str, body: Body) -> Answer:  # noqa: N802
        number = body["Qualifier"]
        for each in self.aliases.values():
            weights = each["RoutingConfig"].get("AdditionalVersionWeights") or {}
            if number in (each["FunctionVersion"], *weights):
                return CONFLICT
        if number not in self.versions:
            return NOT_FOUND
        self.versions.remove(number)
        return 204, "", {}

    def _PublishVersion(self, *_: object) -> Answer:  # noqa: N802
        self.versions.append(str(int(self.versions[-1]) + 1))
        return 201, "", self._configuration(self.versions[-1])

    def _PutMetricAlarm(self, *_: object) -> Answer:  # noqa: N802
        self.watched = self.versions[-1]
        return 200, "", {}

    def _Invoke(self, _: str, body: Body) -> Answer:  # noqa: N802
        qualifier = body["Qualifier"]
        number = self.alias.get("FunctionVersion") if qualifier == ALIAS else qualifier
        if number not in self.versions:
            return NOT_FOUND
        run = self.process(str(number), json.dumps(body["Event"]).encode())
        return 200, f"executed {number}", run.payload if isinstance(run.payload, dict) else {}

    def _DescribeAlarms(self, _: str, body: Body) -> Answer:  # noqa: N802
        return 200, "", {"MetricAlarms": [self._alarm(name) for name in body["AlarmNames"]]}

    def _alarm(self, name: str) -> Body:
        rising = self.alarm and name == "errors" and self.alias.get("FunctionVersion") == "3"
        names = {
            "FunctionName": FUNCTION, "Resource": f"{FUNCTION}:{ALIAS}",
            "ExecutedVersion": self.watched,
        }  # fmt: skip
        return {
            "AlarmName": name, "StateValue": "ALARM" if rising else "OK",
            "StateTransitionedTimestamp": (self.moved if rising else START).timestamp(),
            "MetricName": "Errors",
            "Dimensions": [{"Name": key, "Value": value} for key, value in names.items()],
        }  # fmt: skip

    def _GetMetricData(self, _: str, body: Body) -> Answer:  # noqa: N802
        return 200, "", {"MetricDataResults": [
            {"Id": query["Id"], "StatusCode": "Complete", "Timestamps": [body["StartTime"]],
             "Values": [self._value(query["MetricStat"]["Metric"])]}
            for query in body["MetricDataQueries"]
        ]}  # fmt: skip

    def _value(self, metric: Mapping[str, Any]) -> float:
        names = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        version = names.get("ExecutedVersion")
        if metric["MetricName"] in ("Invocations", "Duration", OUTCOMES.confirmed):
            return 0.0 if self.quiet else 400.0
        return 400.0 if metric["MetricName"] == "Errors" and version == "3" else 0.0

    def _GetQueueUrl(self, *_: object) -> Answer:  # noqa: N802
        return 200, "", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/queue"}

    def _GetQueueAttributes(self, *_: object) -> Answer:  # noqa: N802
        return 200, "", {"Attributes": {"ApproximateNumberOfMessages": str(len(self.queue))}}

    def _ReceiveMessage(self, *_: object) -> Answer:  # noqa: N802
        if not self.queue:
            return 200, "", {}
        self.queue.append(name := self.queue.pop(0))  # seen again only behind the others
        message = {"MessageId": name, "ReceiptHandle": name, "Body": event(name)}
        return 200, "", {"Messages": [message]}

    def _DeleteMessage(self, _: str, body: Body) -> Answer:  # noqa: N802
        if body["ReceiptHandle"] in self.queue:
            self.queue.remove(body["ReceiptHandle"])
        return 200, "", {}

    def _ChangeMessageVisibility(self, *_: object) -> Answer:  # noqa: N802
        return 200, "", {}


def served(cloud: Cloud) -> tuple[str, dict[str, float]]:
    """The alias's version and weights; an empty version where there is none."""
    routing = cloud.alias.get("RoutingConfig", {})
    weights = dict(routing.get("AdditionalVersionWeights") or {})
    return cloud.alias.get("FunctionVersion", ""), weights
