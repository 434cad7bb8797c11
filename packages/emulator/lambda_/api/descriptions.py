"""What the control plane shows: versions, aliases and settings as members of API answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, TypeVar

from emulator.lambda_.api.operation import Answer
from emulator.lambda_.state import arns, lifecycle, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emulator.lambda_.api.operation import Params
    from emulator.lambda_.state.functions import Alias, Function, InvokeConfig, StoredVersion
    from emulator.lambda_.state.registry import Registry

PAGE_ITEMS = 50
"""Items of one page unless fewer are asked for (Lambda API Reference, the List operations)."""

Item = TypeVar("Item")


def listed_configuration(version: StoredVersion) -> dict[str, object]:
    """FunctionConfiguration as the List operations show it: without the state."""
    view: dict[str, object] = {
        "FunctionName": version.function_name,
        "FunctionArn": version.arn,
        "Runtime": version.runtime,
        "Role": version.role_arn,
        "Handler": version.handler,
        "CodeSize": version.code_size,
        "Description": version.description,
        "Timeout": version.timeout_seconds,
        "MemorySize": version.memory_mb,
        "LastModified": version.last_modified,
        "CodeSha256": version.code_sha256,
        "Version": version.version,
        "TracingConfig": {"Mode": version.tracing_mode},
        "RevisionId": version.revision_id,
        "PackageType": "Zip",
        "Architectures": list(version.architectures),
        "EphemeralStorage": {"Size": version.ephemeral_storage_mb},
        "SnapStart": {
            "ApplyOn": "PublishedVersions" if version.snap_start else "None",
            "OptimizationStatus": "On" if version.restored else "Off",
        },
        "LoggingConfig": _logging(version),
    }
    if version.environment_given:
        view["Environment"] = {"Variables": dict(version.environment)}
    if version.dead_letter_arn:
        view["DeadLetterConfig"] = {"TargetArn": version.dead_letter_arn}
    return view


def configuration(
    registry: Registry, function: Function, version: StoredVersion, qualifier: str | None = None
) -> dict[str, object]:
    """FunctionConfiguration; its ARN ends in `qualifier` as asked, be it an alias."""
    arn = registry.home.function(function.name, qualifier) if qualifier else version.arn
    return {
        **listed_configuration(version),
        "FunctionArn": arn,
        "RuntimeVersionConfig": {"RuntimeVersionArn": _runtime_version(registry, version)},
        **lifecycle.state(function, version),
    }


def version_entry(registry: Registry, version: StoredVersion) -> dict[str, object]:
    """One entry of ListVersionsByFunction, `$LATEST` with a qualified ARN too."""
    arn = registry.home.function(version.function_name, version.version)
    return listed_configuration(version) | {"FunctionArn": arn}


def alias_view(alias: Alias) -> dict[str, object]:
    """AliasConfiguration; no RoutingConfig where there are no weights."""
    view: dict[str, object] = {
        "AliasArn": alias.arn,
        "Name": alias.name,
        "FunctionVersion": alias.function_version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        view["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return view


def invoke_config_view(
    registry: Registry, name: str, qualifier: str | None, config: InvokeConfig
) -> dict[str, object]:
    """FunctionEventInvokeConfig; only what was set is shown, destinations always."""
    view: dict[str, object] = {
        "LastModified": config.last_modified,
        "FunctionArn": registry.home.function(name, qualifier or arns.LATEST),
        "DestinationConfig": {
            "OnSuccess": _destination(config.on_success_arn),
            "OnFailure": _destination(config.on_failure_arn),
        },
    }
    if config.maximum_retry_attempts is not None:
        view["MaximumRetryAttempts"] = config.maximum_retry_attempts
    if config.maximum_event_age_seconds is not None:
        view["MaximumEventAgeInSeconds"] = config.maximum_event_age_seconds
    return view


def page(
    member: str, items: Sequence[Item], show: Callable[[Item], object], params: Params
) -> Answer:
    """The page of `items` that `Marker` and `MaxItems` ask for; 400 for a foreign marker."""
    start = _offset(params.get("Marker"))
    end = start + min(params.get("MaxItems", PAGE_ITEMS), PAGE_ITEMS)
    body: dict[str, object] = {member: [show(item) for item in items[start:end]]}
    if end < len(items):
        body["NextMarker"] = base64.b64encode(str(end).encode()).decode()
    return Answer(body)


def _offset(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        offset = int(base64.b64decode(marker, validate=True))
    except (binascii.Error, ValueError) as error:
        raise refusals.invalid("The Marker is not one that this operation returned.") from error
    return max(offset, 0)


def _logging(version: StoredVersion) -> dict[str, object]:
    view: dict[str, object] = {"LogFormat": version.log_format, "LogGroup": version.log_group}
    if version.log_format == "JSON":
        view["ApplicationLogLevel"] = version.application_log_level
        view["SystemLogLevel"] = version.system_log_level
    return view


def _destination(arn: str | None) -> dict[str, str]:
    return {"Destination": arn} if arn else {}


def _runtime_version(registry: Registry, version: StoredVersion) -> str:
    digest = hashlib.sha256(version.runtime.encode()).hexdigest()
    return f"arn:aws:lambda:{registry.home.region}::runtime:{digest}"
