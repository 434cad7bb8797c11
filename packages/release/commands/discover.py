"""`discover`: the stack's outputs from what stands in AWS, for a machine that did not deploy it.

A rollback must not need Pulumi. Everything but some names is read from the function itself.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from service.names import ALIAS
from service.outputs import outcomes_output

from release.aws.clients import CONTROL, translated
from release.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    import boto3
    from service.declaration import Service
    from service.names import Names
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import (
        FunctionConfigurationTypeDef,
        GetFunctionResponseTypeDef,
    )


def discover(session: boto3.Session, names: Names) -> dict[str, Any]:
    """Return the outputs of a service; UsageError where its stack has no such function."""
    name = names.function
    with translated(f"looking for {name}"):
        functions = session.client("lambda", config=CONTROL)
        try:
            function = functions.get_function(FunctionName=name)
        except functions.exceptions.ResourceNotFoundException:
            raise UsageError(
                f"There is no function {name} in {functions.meta.region_name}: "
                "deploy the stack first, or name another region."
            ) from None
        newest = _newest(functions, name)
        return {
            **_described(function, names.service),
            **outcomes_output(names.service),
            "stack": names.stack,
            "service": names.service.name,
            "lambdaAliasName": ALIAS,
            # Not asked for: a rollback must find its way to an alias that is gone, too.
            "lambdaAliasArn": f"{function['Configuration']['FunctionArn']}:{ALIAS}",
            "candidateVersion": newest["Version"],
            "codeSha256": newest["CodeSha256"],
            "dlqQueueUrl": _queue_url(session, function),
            "alarmName": names.error_alarm,
            "standingAlarmNames": names.standing_alarms,
            "releaseAlarmNames": names.release_alarms,
            "dashboardName": name,
        }


def write(path: Path, outputs: dict[str, Any]) -> None:
    """Write the outputs file; UsageError if that is impossible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(outputs, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The outputs cannot be written to {path}: {error.strerror}.") from None


def _described(function: GetFunctionResponseTypeDef, service: Service) -> dict[str, Any]:
    configuration = function["Configuration"]
    environment = configuration.get("Environment", {}).get("Variables", {})
    return {
        "lambdaFunctionName": configuration["FunctionName"],
        "lambdaFunctionArn": configuration["FunctionArn"],
        "reservedConcurrency": function.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "tableName": environment.get(service.table.variable) if service.table else None,
        "dlqQueueArn": configuration.get("DeadLetterConfig", {}).get("TargetArn"),
        "logGroupName": configuration.get("LoggingConfig", {}).get("LogGroup"),
    }


def _newest(functions: LambdaClient, name: str) -> FunctionConfigurationTypeDef:
    """The newest published version: what the last deployment left as its candidate."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    numbered = [v for page in pages for v in page["Versions"] if v["Version"] != "$LATEST"]
    if not numbered:
        raise UsageError(f"{name} has no published version: deploy the stack first.")
    return max(numbered, key=lambda version: int(version["Version"]))


def _queue_url(session: boto3.Session, function: GetFunctionResponseTypeDef) -> str | None:
    target = function["Configuration"].get("DeadLetterConfig", {}).get("TargetArn")
    if not target:
        return None
    try:
        with translated("looking for the dead-letter queue"):
            queues = session.client("sqs", config=CONTROL)
            try:
                return queues.get_queue_url(QueueName=target.rpartition(":")[2])["QueueUrl"]
            except queues.exceptions.QueueDoesNotExist:
                return None
    except UnavailableError as error:
        print(f"Without the queue `redrive` cannot work, the rest can: {error}", file=sys.stderr)
        return None
