"""AWS as the providers reach it: clients, errors in the AWS provider's words, retries, waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

T = TypeVar("T")
_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3})
_PAUSE_SECONDS = 0.2


class Aws:
    """Clients of one region, made when first used; the environment says where AWS is."""

    cloudwatch: CloudWatchClient
    dynamodb: DynamoDBClient
    iam: IAMClient
    lambda_: LambdaClient
    logs: CloudWatchLogsClient
    s3: S3Client
    sqs: SQSClient

    def __init__(self, region: str) -> None:
        self.region = region
        self.session = boto3.Session(region_name=region)

    if not TYPE_CHECKING:  # for mypy there is nothing but what is declared above

        def __getattr__(self, service: str) -> Any:
            if service not in Aws.__annotations__:
                raise AttributeError(service)
            client = self.session.client(service.rstrip("_"), config=_CONFIG)
            setattr(self, service, client)
            return client


def described(error: Exception) -> str:
    """AWS's refusal as the provider's Go SDK words it; anything else as it is, on one line."""
    if not isinstance(error, ClientError):
        return " ".join(str(error).split())
    said = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return (
        f"operation error {error.operation_name}, https response error StatusCode: {status}, "
        f"{said.get('Code', '')}: {' '.join(said.get('Message', '').split())}"
    )


def unreachable(error: Exception) -> bool:
    """Whether AWS did not answer at all."""
    return isinstance(error, NoConnectionError | HTTPClientError)


def code(error: ClientError) -> str:
    """AWS's code of the error."""
    return error.response.get("Error", {}).get("Code", "")


def unless_gone(call: Callable[[], T], *codes: str) -> T | None:
    """Return the answer; None where AWS refuses with one of `codes`: it is not there."""
    try:
        return call()
    except ClientError as error:
        if code(error) not in codes:
            raise
    return None


def retried(call: Callable[[], T], passing: Mapping[str, str], seconds: float) -> T:
    """Call again for `seconds` while AWS refuses with a code of `passing` and that text in it."""
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except ClientError as error:
            text = passing.get(code(error))
            if text is None or text not in str(error) or time.monotonic() > end:
                raise
        time.sleep(_PAUSE_SECONDS)


def wait(ready: Callable[[], bool], what: str, seconds: float) -> None:
    """Ask until `ready`; raises BotoCoreError after `seconds`."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise WaitError(what=what, seconds=seconds)
        time.sleep(_PAUSE_SECONDS)


class WaitError(BotoCoreError):
    """AWS did not come to the state that was waited for."""

    fmt = "timeout while waiting for {what} ({seconds:.0f} s)"
