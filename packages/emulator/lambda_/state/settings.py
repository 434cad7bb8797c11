"""A function's settings: from the API's members to a version's fields, judged on the way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from emulator.lambda_.state import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.lambda_.state.functions import StoredVersion

MAXIMUM_ENVIRONMENT_BYTES = 4096
"""All variables together (Lambda Developer Guide, "Lambda quotas")."""

# Lambda Developer Guide, "Defined runtime environment variables", those that cannot be set.
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)

RUNTIMES = tuple(f"python3.{minor}" for minor in range(10, 16))
"""Python's managed runtimes; which Python really runs a function is the data plane's matter."""

_WITHOUT_SNAPSHOTS = ("python3.10", "python3.11")
_OTHER_RUNTIMES = re.compile(r"(nodejs|java|dotnet|dotnetcore|ruby|go|provided|custom)[a-z0-9.-]*")

_DIRECT = {
    "Handler": "handler",
    "Role": "role_arn",
    "Description": "description",
    "Timeout": "timeout_seconds",
    "MemorySize": "memory_mb",
}

# Accepted when they say nothing (empty lists and strings), refused by name when they ask for it.
_NOT_EMULATED = (
    "AcceleratorConfig",
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "DurableConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "KMSKeyArn",
    "Layers",
    "PublishTo",
    "RuntimeConfig",
    "TenancyConfig",
    "VpcConfig",
)

_DEAD_LETTER_TARGET = re.compile(
    r"arn:aws[a-zA-Z-]*:(sqs|sns):[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+", re.ASCII
)


def changes(params: Mapping[str, Any], current: StoredVersion) -> dict[str, Any]:
    """The fields of `current` that `params` (members of the API's input) set, with new values.

    Raises `AwsError` for values that Lambda refuses and for what is not emulated.
    """
    _refuse_not_emulated(params)
    _require_passable("The handler", params.get("Handler", ""))
    changed: dict[str, Any] = {
        field: params[member] for member, field in _DIRECT.items() if member in params
    }
    for member, read in _READERS.items():
        if member in params:
            changed |= read(params[member], current)
    _require_snapshots_fit({"runtime": current.runtime, "snap_start": current.snap_start} | changed)
    return changed


def _require_snapshots_fit(settings: Mapping[str, Any]) -> None:
    """Refuse snapshots of a runtime that has none (Lambda Developer Guide, SnapStart)."""
    if settings["snap_start"] and settings["runtime"] in _WITHOUT_SNAPSHOTS:
        raise refusals.invalid(
            f"{settings['runtime']} is not supported for SnapStart enabled functions."
        )


def _refuse_not_emulated(params: Mapping[str, Any]) -> None:
    for member in _NOT_EMULATED:
        if _says_something(params.get(member)):
            raise refusals.not_emulated(f"The parameter {member}")
    if params.get("PackageType", "Zip") != "Zip":
        raise refusals.not_emulated("PackageType Image")


def _says_something(value: object) -> bool:
    if isinstance(value, dict):
        return any(_says_something(part) for part in value.values())
    return bool(value)


def _require_passable(what: str, text: str) -> None:
    """Refuse text that no process can be given; here rather than at every start."""
    try:
        unusable = b"\0" in text.encode()
    except UnicodeEncodeError:
        unusable = True
    if unusable:
        raise refusals.invalid(f"{what} holds a character that cannot be passed to a process.")


def _runtime(value: str, _: StoredVersion) -> dict[str, Any]:
    if _OTHER_RUNTIMES.fullmatch(value):
        raise refusals.not_emulated(f"The runtime {value}")
    if value not in RUNTIMES:
        raise refusals.invalid(
            f"Value {value} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(RUNTIMES)}] or be a valid ARN"
        )
    return {"runtime": value}


def _environment(value: Mapping[str, Any], _: StoredVersion) -> dict[str, Any]:
    variables = dict(value.get("Variables", {}))
    prefix = (
        "Lambda was unable to configure your environment variables "
        "because the environment variables you have provided"
    )
    reserved = [name for name in variables if name in RESERVED_VARIABLES]
    if reserved:
        raise refusals.invalid(
            f"{prefix} contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode("utf-8", "surrogatepass")) > MAXIMUM_ENVIRONMENT_BYTES:
        raise refusals.invalid(f"{prefix} exceeded the 4KB limit. String measured: {measured}")
    for name, text in variables.items():
        _require_passable(f"The environment variable {name}", text)
    return {"environment": variables, "environment_given": True}


def _dead_letter(value: Mapping[str, Any], _: StoredVersion) -> dict[str, Any]:
    if "TargetArn" not in value:
        return {}  # `{}` keeps the target; an empty ARN takes it away
    target = value["TargetArn"] or None
    if target is not None and not _DEAD_LETTER_TARGET.fullmatch(target):
        raise refusals.invalid(
            f"The dead-letter target {target} is neither a standard SQS queue nor an SNS topic."
        )
    return {"dead_letter_arn": target}


def _tracing(value: Mapping[str, Any], current: StoredVersion) -> dict[str, Any]:
    return {"tracing_mode": value.get("Mode", current.tracing_mode)}


def _logging(value: Mapping[str, Any], current: StoredVersion) -> dict[str, Any]:
    log_format = value.get("LogFormat", current.log_format)
    group = value.get("LogGroup", current.log_group)
    if log_format == "JSON":
        application = value.get("ApplicationLogLevel", current.application_log_level) or "INFO"
        system = value.get("SystemLogLevel", current.system_log_level) or "INFO"
    elif "ApplicationLogLevel" in value or "SystemLogLevel" in value:
        # Levels apply in JSON only (Lambda Developer Guide, "Log-level filtering"); AWS's own
        # words for this refusal are not recorded.
        raise refusals.invalid("Log levels can be set only where LogFormat is JSON.")
    else:
        application = system = None
    return {
        "log_format": log_format,
        "log_group": group,
        "application_log_level": application,
        "system_log_level": system,
    }


def _ephemeral_storage(value: Mapping[str, Any], _: StoredVersion) -> dict[str, Any]:
    return {"ephemeral_storage_mb": value["Size"]}


def _architectures(value: list[str], _: StoredVersion) -> dict[str, Any]:
    return {"architectures": tuple(value)}


def _snap_start(value: Mapping[str, Any], _: StoredVersion) -> dict[str, Any]:
    return {"snap_start": value.get("ApplyOn", "None") != "None"}


_READERS: dict[str, Callable[[Any, StoredVersion], dict[str, Any]]] = {
    "Runtime": _runtime,
    "Environment": _environment,
    "DeadLetterConfig": _dead_letter,
    "TracingConfig": _tracing,
    "LoggingConfig": _logging,
    "EphemeralStorage": _ephemeral_storage,
    "Architectures": _architectures,
    "SnapStart": _snap_start,
}
