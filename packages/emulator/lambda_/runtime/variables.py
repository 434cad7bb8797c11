"""The environment variables of an execution environment, and no others of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.lambda_.runtime.runtime_api import CREDENTIALS_PATH

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.aws import Credentials
    from emulator.lambda_.state.model import Version


@dataclass(frozen=True, slots=True)
class Place:
    """Where one environment stands: its addresses and directories."""

    region: str
    runtime_api: str
    runtime_dir: Path
    scratch: Path
    """Its own directory for temporary files: /tmp is this machine's."""
    endpoint_url: str
    xray_port: int
    log_stream: str
    credentials_token: str
    """What opens the credentials of an environment that starts from a snapshot."""


def variables(version: Version, place: Place, credentials: Credentials) -> dict[str, str]:
    """What Lambda defines (Developer Guide, configuration-envvars) plus the function's own.

    Documented differences: `AWS_ENDPOINT_URL` leads to this emulator; `TMPDIR` is the
    environment's own directory, so that the host's is not shared; paths are real ones instead of
    /var/task and /var/runtime.
    """
    return {
        **version.environment,
        **_identity(version, place),
        **_keys(version, place, credentials),
        **_places(version, place),
        **_xray(place.xray_port),
        **_logging(version, place),
    }


def _identity(version: Version, place: Place) -> dict[str, str]:
    return {
        "_HANDLER": version.handler,
        "AWS_LAMBDA_FUNCTION_NAME": version.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_mb),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
        "AWS_REGION": place.region,
        "AWS_DEFAULT_REGION": place.region,
        "AWS_ENDPOINT_URL": place.endpoint_url,
    }


def _keys(version: Version, place: Place, credentials: Credentials) -> dict[str, str]:
    """How an environment comes by its credentials: a snapshot must hold none that expire."""
    if version.restored:
        return {
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{place.runtime_api}{CREDENTIALS_PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": place.credentials_token,
        }
    return {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
    }


def _places(version: Version, place: Place) -> dict[str, str]:
    root = str(version.task_root)
    return {
        "AWS_LAMBDA_RUNTIME_API": place.runtime_api,
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": str(place.runtime_dir),
        "PWD": root,
        "PYTHONPATH": str(place.runtime_dir),
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": f"{root}:{root}/lib:/opt/lib",
        "TMPDIR": str(place.scratch),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "SHLVL": "0",
    }


def _xray(port: int) -> dict[str, str]:
    return {
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": str(port),
    }


def _logging(version: Version, place: Place) -> dict[str, str]:
    values = {
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": place.log_stream,
    }
    if version.log_format == "JSON":
        values["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        values["AWS_LAMBDA_LOG_LEVEL"] = version.application_log_level or "INFO"
    return values
