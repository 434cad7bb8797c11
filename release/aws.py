"""Clients with stated timeouts and retries, and the error that a command tells of AWS."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from cloud import refusals
from cloud.region import region as region_of_environment
from release.errors import LastingError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
