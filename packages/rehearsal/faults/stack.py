"""The stack `local` as it ships, and versions of its function whose DynamoDB is the proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import stack

from rehearsal.faults import broken
from rehearsal.faults.kinds import HURRIED_TIMEOUT_SECONDS
from rehearsal.faults.settings import TIME_SCALE

if TYPE_CHECKING:
    from console.processes import Children
    from sandbox.stack import Stack
    from types_boto3_lambda import LambdaClient

    from rehearsal.faults.settings import Settings

# Waiters ask at once, then in steps of this many seconds; the type stubs know whole ones only.
_WAIT: Any = {"Delay": 0.2, "MaxAttempts": 150}
_DYNAMODB = "AWS_ENDPOINT_URL_DYNAMODB"


def deploy(settings: Settings, children: Children) -> Stack:
    """Deploy the stack, its service broken where the settings want that; raises UsageError."""
    overlay = None
    if settings.broken is not None:
        overlay = broken.overlay(settings.service, settings.broken, settings.directory / "overlay")
    return stack.deployed(
        children,
        settings.directory,
        *("--seed", str(settings.seed), "--time-scale", str(TIME_SCALE)),
        service=settings.service.name,
        overlay=overlay,
        config={"reservedConcurrency": settings.concurrency},
    )


def publish(stack: Stack, settings: Settings, proxy: str, nowhere: str) -> dict[str, list[str]]:
    """Publish versions of the deployed code and give the alias the one behind the proxy.

    `proxy` is DynamoDB's endpoint for all of them but `unreachable`, whose endpoint is `nowhere`.
    Returns the qualifiers by target; `lane` has as many as there are lanes.
    """
    client: LambdaClient = stack.client("lambda")
    deployed = client.get_function_configuration(FunctionName=stack.function)
    timeout = deployed["Timeout"]
    through = publish_version(client, stack.function, deployed, proxy, timeout)
    alias = stack.alias_name
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
