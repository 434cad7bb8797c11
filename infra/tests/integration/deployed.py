"""The stack `local`, deployed to an emulated AWS: processes, clients and orders."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
from botocore.config import Config
from console.checkout import ROOT
from sandbox import emulated
from service.declaration import load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_sqs import SQSClient

T = TypeVar("T")
SERVICE = load("order_processor")

# Lambda's retries after one and two minutes follow here after one and two seconds.
TIME_SCALE = 60
# Long enough for invocations that start together to overlap.
TABLE_LATENCY_MS = 100
PATIENCE_SECONDS = 30.0
"""How long a test waits for what AWS does on its own; it goes on as soon as it is there."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack's outputs, the artifact's manifest and where AWS is."""

    outputs: dict[str, Any]
    manifest: dict[str, Any]
    environment: Mapping[str, str]
    artifact: Path
    directory: Path

    def _client(self, service: Any) -> Any:
        # One attempt, so that a throttle is seen; connections for all parallel invocations.
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
        return boto3.client(
            service,
            config=config,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def lambda_(self) -> LambdaClient:
        """Return a Lambda client."""
        client: LambdaClient = self._client("lambda")
        return client

    @property
    def dynamodb(self) -> DynamoDBClient:
        """Return a DynamoDB client."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def sqs(self) -> SQSClient:
        """Return an SQS client."""
        client: SQSClient = self._client("sqs")
        return client

    @property
    def iam(self) -> IAMClient:
        """Return an IAM client."""
        client: IAMClient = self._client("iam")
        return client

    @property
    def logs(self) -> CloudWatchLogsClient:
        """Return a CloudWatch Logs client."""
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @property
    def cloudwatch(self) -> CloudWatchClient:
        """Return a CloudWatch client."""
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @property
    def function(self) -> str:
        """Return the function's name."""
        name: str = self.outputs["lambdaFunctionName"]
        return name

    def invoke(self, order: object, client: LambdaClient | None = None) -> dict[str, Any]:
        """Invoke the alias and return the result; a function error fails the test."""
        answer: Any = (client or self.lambda_).invoke(
            FunctionName=self.function, Qualifier="production", Payload=json.dumps(order).encode()
        )
        result: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, result
        return result

    def stored(self, order_id: str) -> dict[str, Any] | None:
        """Return an order's item, or None."""
        answer = self.dynamodb.get_item(
            TableName=self.outputs["tableName"], Key={"orderId": {"S": order_id}}
        )
        return dict(answer["Item"]) if "Item" in answer else None


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order of two articles at 19.99, with a fresh id."""
    return {
        "orderId": f"it-{uuid.uuid4().hex}",
        "customerId": "customer-1",
        "currency": "EUR",
        "placedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lines": [{"sku": "sku-1", "quantity": 2, "unitPrice": "19.99"}],
        **changes,
    }


def eventually(look: Callable[[], T | None]) -> T:
    """Return what `look` finds, looking until it does; fails after `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not seen within {PATIENCE_SECONDS:.0f} s")


def emulated_aws(directory: Path) -> AbstractContextManager[dict[str, str]]:
    """Start the emulated AWS; yield an environment that leads every client to it."""
    return emulated.aws(
        directory, "--time-scale", str(TIME_SCALE), "--latency", f"dynamodb={TABLE_LATENCY_MS}"
    )


def build_artifact(directory: Path, label: str | None = None) -> dict[str, Any]:
    """Build the service into `directory`; return its manifest. A `label` changes its bytes."""
    extra = ["--version-label", label] if label else []
    command = [sys.executable, "-m", "artifact", "build", "--out", str(directory), *extra]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    written = (directory / SERVICE.name / "manifest.json").read_text()
    manifest: dict[str, Any] = json.loads(written)
    return manifest
