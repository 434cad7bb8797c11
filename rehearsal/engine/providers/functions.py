"""Lambda functions, their aliases and asynchronous handling, in the order of the AWS provider."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.engine.providers.base import Aws, Provider, stale_tags

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef as Configuration,
    )

    from rehearsal.engine.state import Properties

# Waiters ask at once, then in steps of this many seconds; the type stubs know whole ones only.
_WAIT: Any = {"Delay": 0.2, "MaxAttempts": 1500}


def _apply_function(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    name = inputs["name"]
    try:
        current = aws.lambda_.get_function_configuration(FunctionName=name)
    except aws.lambda_.exceptions.ResourceNotFoundException:
        _create(aws, inputs)
    else:
        _update(aws, inputs, before, current)
    _reserve(aws, inputs)
    version = _publish(aws, name)
    latest = aws.lambda_.get_function_configuration(FunctionName=name)
    arn = latest["FunctionArn"]
    return {
        "id": name,
        "arn": arn,
        "version": version,
        "qualifiedArn": f"{arn}:{version}",
        "codeSha256": latest["CodeSha256"],
    }


def _create(aws: Aws, inputs: Properties) -> None:
    code = Path(inputs["code"]["path"]).read_bytes()
    request = _configuration(inputs) | {"Tags": inputs.get("tags") or {}}
    aws.lambda_.create_function(**request, Code={"ZipFile": code})
    aws.lambda_.get_waiter("function_active_v2").wait(
        FunctionName=inputs["name"], WaiterConfig=_WAIT
    )


def _update(aws: Aws, inputs: Properties, before: Properties, current: Configuration) -> None:
    """Bring an existing function up to date: configuration first, then code."""
    _tag(aws, inputs, before, current["FunctionArn"])
    wanted = _configuration(inputs)
    if any(_held(current, key) != value for key, value in wanted.items()):
        aws.lambda_.update_function_configuration(**wanted)
        _wait_updated(aws, inputs["name"])
    if current["CodeSha256"] != inputs["sourceCodeHash"]:
        code = Path(inputs["code"]["path"]).read_bytes()
        aws.lambda_.update_function_code(FunctionName=inputs["name"], ZipFile=code)
        _wait_updated(aws, inputs["name"])


def _tag(aws: Aws, inputs: Properties, before: Properties, arn: str) -> None:
    if inputs.get("tags"):
        aws.lambda_.tag_resource(Resource=arn, Tags=inputs["tags"])
    if stale := stale_tags(inputs, before):
        aws.lambda_.untag_resource(Resource=arn, TagKeys=stale)


def _configuration(inputs: Properties) -> dict[str, Any]:
    return {
        "FunctionName": inputs["name"],
        "Role": inputs["role"],
        "Runtime": inputs["runtime"],
        "Handler": inputs["handler"],
        "MemorySize": inputs["memorySize"],
        "Timeout": inputs["timeout"],
        "Environment": {"Variables": (inputs.get("environment") or {}).get("variables") or {}},
        "DeadLetterConfig": {"TargetArn": inputs["deadLetterConfig"]["targetArn"]},
        "TracingConfig": {"Mode": inputs["tracingConfig"]["mode"]},
    }


def _held(current: Configuration, key: str) -> object:
    """What the function has under the request's key, in the request's shape."""
    if key == "Environment":
        return {"Variables": current.get("Environment", {}).get("Variables", {})}
    return dict(current).get(key)


def _wait_updated(aws: Aws, name: str) -> None:
    aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=_WAIT)


def _reserve(aws: Aws, inputs: Properties) -> None:
    if "reservedConcurrentExecutions" in inputs:
        aws.lambda_.put_function_concurrency(
            FunctionName=inputs["name"],
            ReservedConcurrentExecutions=inputs["reservedConcurrentExecutions"],
        )


def _publish(aws: Aws, name: str) -> str:
    """Publish `$LATEST`; where nothing changed since, Lambda returns the version there is.

    So it is asked each time: a deployment killed just before it is completed by the next one.
    """
    version = aws.lambda_.publish_version(FunctionName=name)["Version"]
    aws.lambda_.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig=_WAIT
    )
    return version


def _delete_function(aws: Aws, outputs: Properties) -> None:
    with contextlib.suppress(aws.lambda_.exceptions.ResourceNotFoundException):
        aws.lambda_.delete_function(FunctionName=outputs["id"])


def _apply_alias(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    """Create, or update version and description together, whatever the program ignores."""
    function, name, version = inputs["functionName"], inputs["name"], inputs["functionVersion"]
    try:
        answer = aws.lambda_.create_alias(
            FunctionName=function, Name=name, FunctionVersion=version, Description=""
        )
    except aws.lambda_.exceptions.ResourceConflictException:
        if not before:  # Made by a deployment that was killed: it may have been moved since.
            answer = aws.lambda_.get_alias(FunctionName=function, Name=name)
        else:
            answer = aws.lambda_.update_alias(
                FunctionName=function,
                Name=name,
                FunctionVersion=version,
                Description=inputs.get("description") or "",
            )
    return {"id": f"{function}/{name}", "arn": answer["AliasArn"]}


def _delete_alias(aws: Aws, outputs: Properties) -> None:
    function, _, name = outputs["id"].partition("/")
    with contextlib.suppress(aws.lambda_.exceptions.ResourceNotFoundException):
        aws.lambda_.delete_alias(FunctionName=function, Name=name)


def _apply_event_invoke(aws: Aws, inputs: Properties, before: Properties) -> Properties:
    del before
    function, qualifier = inputs["functionName"], inputs["qualifier"]
    aws.lambda_.put_function_event_invoke_config(
        FunctionName=function,
        Qualifier=qualifier,
        MaximumRetryAttempts=inputs["maximumRetryAttempts"],
        MaximumEventAgeInSeconds=inputs["maximumEventAgeInSeconds"],
    )
    return {"id": f"{function}:{qualifier}"}


def _delete_event_invoke(aws: Aws, outputs: Properties) -> None:
    function, _, qualifier = outputs["id"].partition(":")
    with contextlib.suppress(aws.lambda_.exceptions.ResourceNotFoundException):
        aws.lambda_.delete_function_event_invoke_config(FunctionName=function, Qualifier=qualifier)


FUNCTION = Provider(_apply_function, _delete_function)
ALIAS = Provider(_apply_alias, _delete_alias, frozenset({"name", "functionName"}))
EVENT_INVOKE = Provider(
    _apply_event_invoke, _delete_event_invoke, frozenset({"functionName", "qualifier"})
)
