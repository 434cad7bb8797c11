"""Callers that IAM judges: a new role, its sessions, and what a denial says.

In a module that pytest does not collect: names come from one counter, whoever asks for a role.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from emulator.tests.running import policy, trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.tests.running import RunningEmulator

ACCOUNT = "123456789012"
_names = itertools.count()


def by(emulator: RunningEmulator, service: str, keys: Mapping[str, Any]) -> Any:
    """A client with keys that IAM or STS gave."""
    create: Any = boto3.client  # its overloads want literal names
    return create(
        service,
        endpoint_url=emulator.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}),
    )


class Role:
    """A new role that the account's own callers may take."""

    def __init__(self, emulator: RunningEmulator, **members: Any) -> None:
        self.emulator, self.name = emulator, f"principal-{next(_names)}"
        self.iam = emulator.client("iam")
        trusted = json.loads(trust("lambda.amazonaws.com"))
        trusted["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        self.arn = self.iam.create_role(
            RoleName=self.name, AssumeRolePolicyDocument=json.dumps(trusted), **members
        )["Role"]["Arn"]

    def may(self, *actions: str, on: str = "*") -> None:
        """Put an inline policy in place of the last."""
        document = json.loads(policy(*actions))
        document["Statement"][0]["Resource"] = on
        self.iam.put_role_policy(
            RoleName=self.name, PolicyName="inline", PolicyDocument=json.dumps(document)
        )

    def take(self, **parameters: Any) -> Mapping[str, Any]:
        """Keys of a session."""
        answer = self.emulator.client("sts").assume_role(
            RoleArn=self.arn, RoleSessionName="job", **parameters
        )
        keys: Mapping[str, Any] = answer["Credentials"]
        return keys

    def client(self, service: str, **parameters: Any) -> Any:
        """A client of a session."""
        return by(self.emulator, service, self.take(**parameters))


def said(call: Any, **parameters: Any) -> str:
    """The message of a denial."""
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    response: Any = refusal.value.response
    assert response["Error"]["Code"].startswith("AccessDenied")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(response["Error"]["Message"])
