"""AWS's clients for what an environment leads to, and nothing of this process's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping


def client(service: Any, environment: Mapping[str, str], **config: Any) -> Any:
    """Return a boto3 client that asks once; `config` are further settings of botocore's."""
    given: dict[str, Any] = {"connect_timeout": 5, "read_timeout": 60}
    given |= {"retries": {"total_max_attempts": 1}, **config}
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    return session.client(
        service, endpoint_url=environment.get("AWS_ENDPOINT_URL"), config=Config(**given)
    )
