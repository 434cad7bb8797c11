"""The emulated AWS with a small stack in it, started once for the tests that want it."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from sandbox import emulated

from release.tests.fakes import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from types_boto3_lambda.type_defs import WaiterConfigTypeDef

TIME_SCALE = 60
"""A metric period of 60 s takes one real second."""

NO_PAUSE: WaiterConfigTypeDef = {"Delay": 0, "MaxAttempts": 5000}

HANDLER = """
import json, time
taken = {}
def handler(event, context):
    answer = answered(event)
    if not event["id"].startswith("synthetic-"):
        count(answer["status"].capitalize(), answer.get("reasons", ()), context)
    return answer
def answered(event):
    if BAD and event.get("late"):
        return {"status": "rejected", "reasons": ["TOO_LATE"]}
    if BAD and not event["id"].startswith("synthetic-"):
        raise KeyError("number")
    if event["number"] < 0:
        return {"status": "rejected", "reasons": ["NEGATIVE"]}
    answer = {"status": "confirmed", "id": event["id"], "double": 2 * event["number"],
              "at": str(len(taken))}
    return taken.setdefault(event["id"], answer)
def count(outcome, reasons, context):
    keys = ["FunctionName", "ExecutedVersion"]
    for sets in ([keys], *([[*keys, "ReasonCode"]] for _ in reasons)):
        metrics = {"Namespace": "Echo", "Dimensions": sets, "Metrics": [{"Name": outcome}]}
        meta = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metrics]}
        print(json.dumps({"_aws": meta, "FunctionName": context.function_name, outcome: 1,
                          "ExecutedVersion": context.function_version,
                          "ReasonCode": "".join(reasons)}))
"""
"""The service of the fakes, `Echo`, as a function; a bad one fails on what is not synthetic, and
rejects what is late without an error."""


@dataclass(frozen=True)
class Stack:
    """A function with published versions 1 (good), 2 (good) and 3 (bad), an alias on 1."""

    function: str
    queue_url: str
    code_sha256: dict[str, str]

    def write_outputs(self, path: Path, candidate: str, alarms: list[str]) -> Path:
        """The outputs file of a deployment whose candidate is that version."""
        content = {
            "lambdaFunctionName": self.function,
            "lambdaFunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{self.function}",
            "lambdaAliasName": "production",
            "dlqQueueUrl": self.queue_url,
            "candidateVersion": candidate,
            "codeSha256": self.code_sha256[candidate],
            "releaseAlarmNames": alarms,
            "outcomes": asdict(OUTCOMES),
            "watchSeconds": 2,
        }
        path.write_text(json.dumps(content))
        return path


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of a running emulator's clients."""
    options = ("--time-scale", str(TIME_SCALE), "--seed", "1")
    with emulated.aws(tmp_path_factory.mktemp("emulator"), *options) as variables:
        yield variables


@pytest.fixture
def emulated_aws(emulator: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A test on the emulated AWS."""
    for name, value in emulator.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    # An earlier test's would keep the credentials that it was made with.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def stack(emulated_aws: None) -> Stack:  # noqa: ARG001 (its variables are what is wanted)
    """A stack of its own for each test."""
    return make_stack(f"echo-{os.urandom(4).hex()}")


def make_stack(name: str) -> Stack:
    """A stack whose function has that name."""
    role = f"arn:aws:iam::123456789012:role/{name}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    # What it counts it prints, and without its log nobody would read it.
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    rights = json.dumps({"Version": "2012-10-17", "Statement": [logs]})
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=rights)
    digests = _publish(name, role)
    boto3.client("lambda").create_alias(FunctionName=name, Name="production", FunctionVersion="1")
    queue = boto3.client("sqs").create_queue(QueueName=name)
    return Stack(name, queue["QueueUrl"], digests)


def _publish(name: str, role: str) -> dict[str, str]:
    functions = boto3.client("lambda")
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    first = functions.create_function(
        FunctionName=name,
        Runtime=runtime,  # type: ignore[arg-type]  # of the Python that runs the tests
        Handler="echo.handler",
        Role=role,
        Code={"ZipFile": _archive(1, bad=False)},
        Publish=True,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=NO_PAUSE)
    digests = {"1": first["CodeSha256"]}
    for number, bad in ((2, False), (3, True)):
        functions.update_function_code(FunctionName=name, ZipFile=_archive(number, bad=bad))
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=NO_PAUSE)
        published = functions.publish_version(FunctionName=name)
        digests[published["Version"]] = published["CodeSha256"]
    return digests


def _archive(number: int, *, bad: bool) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("echo.py", f"# version {number}\nBAD = {bad}\n{HANDLER}")
    return content.getvalue()
