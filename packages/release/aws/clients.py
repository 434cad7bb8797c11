"""Clients with stated timeouts and retries, and the error that a command tells of AWS."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from cloud import refusals
from cloud.region import region as region_of_environment
from console.errors import UsageError
from reporting import amounts

from release.aws.clock import from_text, to_text
from release.errors import LastingError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
"""When credentials in the environment end, as `aws configure export-credentials` has it. Nobody
renews those; of others nobody knows, or the SDK renews them itself."""

CONTROL = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}
)
"""For calls that may be repeated: all reads, and writes guarded by a RevisionId."""

INVOKE = Config(
    connect_timeout=3, read_timeout=120, retries={"mode": "standard", "total_max_attempts": 1}
)
"""For invocations: never repeated behind the caller's back, and the reply is awaited for longer
than the function may run, so that no invocation is given up while it still works."""


def session(region: str | None) -> boto3.Session:
    """A session in the stack's region; None leaves it to the environment."""
    with translated("starting"):
        return boto3.Session(region_name=region or region_of_environment())


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what botocore raises into UnavailableError, naming what was being done.

    LastingError where time alone mends nothing.
    """
    try:
        with refusals.translated(doing, UnavailableError):
            yield
    except UnavailableError as error:
        if refusals.is_lasting(error.__cause__):
            raise LastingError(str(error)) from error.__cause__
        raise


def check_lifetime(
    seconds: float, now: datetime, environment: Mapping[str, str] = os.environ
) -> None:
    """UsageError where the credentials are known to end before so many seconds are over."""
    try:
        end = from_text(environment.get(EXPIRATION, ""))
    except ValueError:
        return
    left = (end - now).total_seconds()
    if seconds > left:
        raise UsageError(
            f"The AWS credentials end at {to_text(end)}, and the watch may take "
            f"{amounts.number(seconds, 's')} from now, when nobody could put the alias back: sign "
            "in again, or shorten --bake or --patience."
        )
