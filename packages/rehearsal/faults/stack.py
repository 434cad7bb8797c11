"""The stack `local` as it ships, and versions of its function whose DynamoDB is the proxy."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from console.errors import UsageError
from sandbox import emulated
from sandbox.environment import local

from rehearsal import commands
from rehearsal.faults import broken
from rehearsal.faults.kinds import HURRIED_TIMEOUT_SECONDS
from rehearsal.faults.settings import TIME_SCALE
from rehearsal.settings import STACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.processes import Child, Children
    from types_boto3_lambda import LambdaClient

    from rehearsal.faults.settings import Settings

# Waiters ask at once, then in steps of this many seconds; the type stubs know whole ones only.
_WAIT: Any = {"Delay": 0.2, "MaxAttempts": 150}
_DYNAMODB = "AWS_ENDPOINT_URL_DYNAMODB"


@dataclass(frozen=True, slots=True)
class Stack:
    """What was deployed, where AWS is, and the emulator's process."""

    outputs: Mapping[str, Any]
    environment: Mapping[str, str]
    emulator_pid: int

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.outputs["lambdaFunctionName"])

    def client(self, service: Any) -> Any:
        """Return a boto3 client for the emulated AWS."""
        return boto3.client(
            service,
            config=Config(max_pool_connections=4),
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )


def deploy(settings: Settings, children: Children) -> Stack:
    """Build the artifact, start an emulated AWS and deploy the stack; raises UsageError."""
    environment = local()
    artifact = settings.directory / "artifact"
    overlay = None
    if settings.broken is not None:
        overlay = broken.overlay(settings.broken, settings.directory / "overlay")
    _run(children, "build", commands.build(artifact, overlay), environment)
    emulator, environment = _start_emulator(settings, children)
    directory = settings.directory / "stack"
    command = _module(
        *("engine", "up", "--stack", STACK, "--directory", str(directory), "--fresh"),
        *("--config", f"artifact={artifact}"),
        *("--config", f"reservedConcurrency={settings.slots}"),
    )
    _run(children, "deploy", command, environment)
    outputs = json.loads((directory / "outputs.json").read_text(encoding="utf-8"))
    return Stack(outputs, environment, emulator.process.pid)


def publish(stack: Stack, settings: Settings, proxy: str, nowhere: str) -> dict[str, list[str]]:
    """Publish versions of the deployed code and give the alias the one behind the proxy.

    `proxy` is DynamoDB's endpoint for all of them but `unreachable`, whose endpoint is `nowhere`.
    Returns the qualifiers by target; `lane` has as many as there are lanes.
    """
    client: LambdaClient = stack.client("lambda")
    deployed = client.get_function_configuration(FunctionName=stack.function)
    timeout = deployed["Timeout"]
    through = publish_version(client, stack.function, deployed, proxy, timeout)
    alias = stack.outputs["lambdaAliasName"]
    client.update_alias(FunctionName=stack.function, Name=alias, FunctionVersion=through)
    return {
        "production": [alias],
        "hurried": [
            publish_version(client, stack.function, deployed, proxy, HURRIED_TIMEOUT_SECONDS)
        ],
        "unreachable": [publish_version(client, stack.function, deployed, nowhere, timeout)],
        # A longer timeout, which is never reached, makes each a version of its own.
        "lane": [
            publish_version(client, stack.function, deployed, proxy, timeout + number)
            for number in range(1, settings.lanes + 1)
        ],
    }


def publish_version(
    client: LambdaClient, function: str, deployed: Any, dynamodb: str, timeout: int
) -> str:
    """Publish a version of the deployed code, whose DynamoDB is elsewhere; return its number."""
    variables = deployed["Environment"]["Variables"] | {_DYNAMODB: dynamodb}
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": variables}, Timeout=timeout
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig=_WAIT)
    version = client.publish_version(FunctionName=function, CodeSha256=deployed["CodeSha256"])[
        "Version"
    ]
    client.get_waiter("published_version_active").wait(
        FunctionName=function, Qualifier=version, WaiterConfig=_WAIT
    )
    return version


def _start_emulator(settings: Settings, children: Children) -> tuple[Child, dict[str, str]]:
    options = ("--seed", str(settings.seed), "--time-scale", str(TIME_SCALE))
    try:
        return emulated.start(children, settings.directory / "aws.env", *options)
    except UsageError as error:
        raise UsageError(str(error)) from error


def _run(children: Children, name: str, command: list[str], environment: Mapping[str, str]) -> None:
    child = children.run(name, command, environment)
    if child.process.returncode:
        raise UsageError(f"The step '{name}' failed: {child.last_line}")


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]
