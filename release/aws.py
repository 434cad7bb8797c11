"""Clients with stated timeouts and retries, and AWS's refusals as one sentence each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from release.errors import UnavailableError

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

_CREDENTIALS = frozenset(
    {
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
        "InvalidSignatureException", "UnrecognizedClientException",
        "SignatureDoesNotMatch", "IncompleteSignature",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException",
        "InvalidAccessKeyId", "RequestExpired",
    }
)  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_THROTTLED = frozenset(
    {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded",
     "ThrottledException", "RequestThrottled"}
)  # fmt: skip


def session(region: str | None) -> boto3.Session:
    """A session in the stack's region; None leaves it to the environment."""
    with translated("starting"):
        return boto3.Session(region_name=region)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what botocore raises into UnavailableError, naming what was being done."""
    try:
        yield
    except ClientError as error:
        raise UnavailableError(_client_error(error, doing)) from error
    except BotoCoreError as error:
        raise UnavailableError(_botocore_error(error, doing)) from error


def code_of(error: ClientError) -> str:
    """The wire error code, such as `ResourceNotFoundException`."""
    return error.response.get("Error", {}).get("Code", "")


def _client_error(error: ClientError, doing: str) -> str:
    code = code_of(error)
    message = error.response.get("Error", {}).get("Message", "").rstrip(".")
    if code in _CREDENTIALS:
        return f"AWS refused the credentials while {doing} ({code}): sign in again, then repeat."
    if code in _DENIED:
        return f"AWS denied access while {doing}: use a role that may ({message})."
    if code in _THROTTLED:
        return f"AWS throttled the request while {doing}: wait a minute, then repeat."
    return f"AWS refused the request while {doing} ({code}: {message})."


def _botocore_error(error: BotoCoreError, doing: str) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials: sign in or set the AWS_* variables, then repeat."
    if isinstance(error, TokenRetrievalError | UnauthorizedSSOTokenError):
        return "The AWS sign-in has expired: sign in again, then repeat."
    if isinstance(error, NoRegionError):
        return "No AWS region is set: set AWS_DEFAULT_REGION, then repeat."
    if isinstance(error, BotoConnectionError | HTTPClientError):
        sentence = str(error).rstrip(".")
        return f"AWS could not be reached while {doing}: check AWS_ENDPOINT_URL ({sentence})."
    return f"The request failed while {doing}: {str(error).rstrip('.')}."
