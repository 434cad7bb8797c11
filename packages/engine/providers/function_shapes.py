"""A function's arguments in the shapes of Lambda's requests and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.state import Properties

CONFIGURATION = {
    "description": "Description",
    "handler": "Handler",
    "memorySize": "MemorySize",
    "role": "Role",
    "timeout": "Timeout",
    "runtime": "Runtime",
    "kmsKeyArn": "KMSKeyArn",
    "layers": "Layers",
    "environment": "Environment",
    "deadLetterConfig": "DeadLetterConfig",
    "tracingConfig": "TracingConfig",
    "ephemeralStorage": "EphemeralStorage",
    "loggingConfig": "LoggingConfig",
    "snapStart": "SnapStart",
}
_LOGGING = {
    "logFormat": "LogFormat",
    "logGroup": "LogGroup",
    "applicationLogLevel": "ApplicationLogLevel",
    "systemLogLevel": "SystemLogLevel",
}


def applied(snap_start: Any) -> Any:
    """Whether there are snapshots; how far AWS is with one, it decides."""
    return (snap_start or {}).get("applyOn", "None")


def sent(key: str, value: Any) -> Any:
    """An argument in the shape of the request; an absent one as what takes it away."""
    if key == "environment":
        return {"Variables": (value or {}).get("variables") or {}}
    if key == "deadLetterConfig":
        return {"TargetArn": (value or {}).get("targetArn", "")}
    if key == "tracingConfig":
        return {"Mode": value["mode"]}
    if key == "ephemeralStorage":
        return {"Size": value["size"]}
    if key == "snapStart":
        return {"ApplyOn": applied(value)}
    if key == "loggingConfig":
        return {api: value[key] for key, api in _LOGGING.items() if value.get(key)}
    return value or ([] if key == "layers" else "")


def held(found: Any, latest: Any) -> Properties:
    """The state out of GetFunction's answer and the newest version."""
    configuration = found["Configuration"]
    variables = configuration.get("Environment", {}).get("Variables")
    target = configuration.get("DeadLetterConfig", {}).get("TargetArn")
    storage = configuration.get("EphemeralStorage", {}).get("Size")
    logging = configuration.get("LoggingConfig") or {}
    snap_start = configuration.get("SnapStart") or {}
    plain = ("description", "handler", "memorySize", "role", "timeout", "runtime", "kmsKeyArn")
    return {
        **{key: configuration.get(CONFIGURATION[key]) for key in plain},
        "name": configuration["FunctionName"],
        "arn": configuration["FunctionArn"],
        "packageType": configuration.get("PackageType"),
        "codeSha256": configuration["CodeSha256"],
        "sourceCodeSize": configuration.get("CodeSize"),
        "lastModified": configuration.get("LastModified"),
        "architectures": configuration.get("Architectures"),
        "layers": [layer["Arn"] for layer in configuration.get("Layers") or ()] or None,
        "environment": {"variables": variables} if variables else None,
        "deadLetterConfig": {"targetArn": target} if target else None,
        "tracingConfig": {
            "mode": configuration.get("TracingConfig", {}).get("Mode", "PassThrough")
        },
        "ephemeralStorage": {"size": storage} if storage else None,
        "loggingConfig": {key: logging[api] for key, api in _LOGGING.items() if logging.get(api)},
        "snapStart": {
            "applyOn": snap_start["ApplyOn"],
            "optimizationStatus": snap_start.get("OptimizationStatus"),
        }
        if snap_start.get("ApplyOn", "None") != "None"
        else None,
        "reservedConcurrentExecutions": found.get("Concurrency", {}).get(
            "ReservedConcurrentExecutions", -1
        ),
        "version": latest["Version"],
        "qualifiedArn": latest["FunctionArn"],
        "tags": found.get("Tags") or {},
    }
