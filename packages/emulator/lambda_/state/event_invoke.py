"""EventInvokeConfig: how asynchronous events of one qualifier are retried and where they end."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.lambda_.state import arns, refusals
from emulator.lambda_.state.functions import InvokeConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.lambda_.state.functions import Function
    from emulator.lambda_.state.registry import Registry

_DESTINATION = re.compile(r"arn:aws[a-zA-Z-]*:(sqs|sns|lambda|events|s3):.*", re.ASCII)


def put(
    registry: Registry,
    name: str,
    qualifier: str | None,
    params: Mapping[str, Any],
    *,
    merge: bool = False,
) -> InvokeConfig:
    """Set the config of exactly one qualifier (absent: `$LATEST`).

    Without `merge` it replaces what was there. Raises `AwsError`: 404 for a missing function or
    qualifier and for merging into nothing, 400 for a config that says nothing.
    """
    qualifier = qualifier or arns.LATEST
    given = _given(params, registry, registry.home.function(name))
    if not given:
        raise refusals.invalid(
            "You must specify at least one of error handling or destination setting."
        )
    function = _function(registry, name, qualifier)
    base = get(registry, name, qualifier) if merge else InvokeConfig()
    config = replace(base, **given, last_modified=registry.clock.now())
    function.invoke_configs[qualifier] = config
    return config


def get(registry: Registry, name: str, qualifier: str | None) -> InvokeConfig:
    """The config of exactly this qualifier, or a 404 (also for a missing function)."""
    qualifier = qualifier or arns.LATEST
    function = registry.functions.get(name)
    if function is None or qualifier not in function.invoke_configs:
        arn = registry.home.function(name, qualifier)
        raise refusals.not_found(f"The function {arn} doesn't have an EventInvokeConfig")
    return function.invoke_configs[qualifier]


def delete(registry: Registry, name: str, qualifier: str | None) -> None:
    """Remove the config; a missing one is a 404."""
    get(registry, name, qualifier)
    del registry.functions[name].invoke_configs[qualifier or arns.LATEST]


def list_all(registry: Registry, name: str) -> list[tuple[str, InvokeConfig]]:
    """Qualifier and config, sorted by qualifier."""
    function = registry.functions.get(name)
    if function is None:
        raise refusals.not_found("The function doesn't exist.")
    return sorted(function.invoke_configs.items())


def _function(registry: Registry, name: str, qualifier: str) -> Function:
    function = registry.functions.get(name)
    known = function and (
        qualifier == arns.LATEST or qualifier in function.versions or qualifier in function.aliases
    )
    if function is None or not known:
        raise refusals.not_found("The function doesn't exist.")
    return function


def _given(params: Mapping[str, Any], registry: Registry, function_arn: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if "MaximumRetryAttempts" in params:
        given["maximum_retry_attempts"] = params["MaximumRetryAttempts"]
    if "MaximumEventAgeInSeconds" in params:
        given["maximum_event_age_seconds"] = params["MaximumEventAgeInSeconds"]
    for member, field in (("OnSuccess", "on_success_arn"), ("OnFailure", "on_failure_arn")):
        destination = params.get("DestinationConfig", {}).get(member)
        if destination is not None:
            arn = given[field] = destination.get("Destination") or None
            if arn and not _DESTINATION.fullmatch(arn):
                raise refusals.invalid(_unknown_service(params["DestinationConfig"]))
            if arn:
                _require_destination(arn, registry, function_arn)
    return given


def _require_destination(arn: str, registry: Registry, function_arn: str) -> None:
    service = arn.split(":")[2]
    if service == "s3":
        raise refusals.not_emulated("A destination in S3")
    if arn == function_arn or arn.startswith(f"{function_arn}:"):
        raise refusals.invalid("You can't specify the function as a destination for itself.")
    if service == "lambda" and arns.parse(arn).name not in registry.functions:
        raise refusals.invalid(f"The destination ARN {arn} is invalid.")


def _unknown_service(config: Mapping[str, Any]) -> str:
    parts = []
    for member in ("OnSuccess", "OnFailure"):
        arn = config.get(member, {}).get("Destination", "null")
        shown = f"{member}(destination={arn})" if member in config else "null"
        parts.append(f"{member[0].lower()}{member[1:]}={shown}")
    return f"The provided destination config DestinationConfig({', '.join(parts)}) is invalid."
