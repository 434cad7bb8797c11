"""The one module of this package that reads the environment.

Powertools and botocore read their own variables (`POWERTOOLS_*`, `AWS_*`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(Exception):
    """The environment lacks something; the message says what to set."""


class Settings(NamedTuple):
    """What the deployment tells the code."""

    table_name: str


class Trace(NamedTuple):
    """The trace that an invocation belongs to, and the segment that it is part of."""

    root: str
    parent: str


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, by default from this process's environment; raises SettingsError."""
    table_name = (os.environ if environment is None else environment).get("ORDERS_TABLE_NAME")
    if not table_name:
        raise SettingsError("Set ORDERS_TABLE_NAME to the name of the orders table.")
    return Settings(table_name)


def in_lambda(environment: Mapping[str, str] | None = None) -> bool:
    """Whether this process is a Lambda execution environment.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return "AWS_LAMBDA_RUNTIME_API" in (os.environ if environment is None else environment)


def function_name(environment: Mapping[str, str] | None = None) -> str:
    """The function that this process belongs to; `none` outside Lambda."""
    source = os.environ if environment is None else environment
    return source.get("AWS_LAMBDA_FUNCTION_NAME") or "none"


def metrics_namespace(environment: Mapping[str, str] | None = None) -> str:
    """The CloudWatch namespace of the metrics; `none` where the deployment names none."""
    source = os.environ if environment is None else environment
    return source.get("POWERTOOLS_METRICS_NAMESPACE") or "none"


def snapshot_taken(environment: Mapping[str, str] | None = None) -> bool:
    """Whether Lambda takes a snapshot of this process once it is initialised."""
    source = os.environ if environment is None else environment
    return source.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def provisioned(environment: Mapping[str, str] | None = None) -> bool:
    """Whether Lambda initialised this process ahead of its events: the first is no cold start.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    source = os.environ if environment is None else environment
    return source.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency"


def sampled_trace(environment: Mapping[str, str] | None = None) -> Trace | None:
    """Return the trace of the invocation at hand; None where Lambda does not sample it.

    The header that Lambda puts into the environment at each invocation:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    header = (os.environ if environment is None else environment).get("_X_AMZN_TRACE_ID", "")
    if "Sampled=1" not in header:  # most are not
        return None
    parts = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    if parts.get("Sampled") != "1" or not parts.get("Root") or not parts.get("Parent"):
        return None
    return Trace(parts["Root"], parts["Parent"])


def xray_daemon(environment: Mapping[str, str] | None = None) -> tuple[str, int]:
    """Return host and port of the X-Ray daemon's UDP side.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-daemon-configuration.html
    """
    source = os.environ if environment is None else environment
    address = source.get("AWS_XRAY_DAEMON_ADDRESS") or "127.0.0.1:2000"
    # Also valid: "tcp:HOST:PORT udp:HOST:PORT".
    udp = [part.removeprefix("udp:") for part in address.split() if not part.startswith("tcp:")]
    host, _, port = udp[0].rpartition(":")
    return host, int(port)
