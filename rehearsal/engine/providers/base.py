"""What a provider of one resource type is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from rehearsal.engine.state import Properties

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_sqs import SQSClient

_CONFIG = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 3})


class Aws:
    """Clients of one region, made when first used; the environment says where AWS is."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._session = boto3.Session(region_name=region)

    @cached_property
    def lambda_(self) -> LambdaClient:
        """AWS Lambda."""
        return self._session.client("lambda", config=_CONFIG)

    @cached_property
    def iam(self) -> IAMClient:
        """Identity and Access Management."""
        return self._session.client("iam", config=_CONFIG)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """CloudWatch Logs."""
        return self._session.client("logs", config=_CONFIG)

    @cached_property
    def sqs(self) -> SQSClient:
        """Simple Queue Service."""
        return self._session.client("sqs", config=_CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """DynamoDB."""
        return self._session.client("dynamodb", config=_CONFIG)

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """CloudWatch."""
        return self._session.client("cloudwatch", config=_CONFIG)


Apply = Callable[[Aws, Properties, Properties], Properties]
"""(aws, inputs, outputs before or {}) -> outputs with `id`: makes AWS so, whatever stood before.

Creating what exists already updates it: a deployment that was killed between the call to AWS and
the state file can be run again.
"""
Delete = Callable[[Aws, Properties], None]
"""(aws, outputs): removes the resource; one that is gone already is no error."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`replace_on` are the inputs that AWS cannot change: the resource is deleted and made anew."""

    apply: Apply
    delete: Delete
    replace_on: frozenset[str] = frozenset({"name"})


def stale_tags(inputs: Properties, before: Properties) -> list[str]:
    """Keys of tags that were set before and are no longer."""
    return sorted(set(before.get("tags") or {}) - set(inputs.get("tags") or {}))


def tag_list(inputs: Properties) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
