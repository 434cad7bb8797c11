"""Order stores for the tests, each cleaned up after use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from order_processor import dynamodb
from order_processor.dynamodb import DynamoDBOrders

from services.order_processor.tests.fakes import FakeDynamoDB, InMemoryOrders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from order_processor.repository import OrderRepository

STORAGE = Path(__file__).parents[3] / "build" / "tools" / "storage"
TABLE = "orders"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with credentials that are good for loopback only."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return monkeypatch


@pytest.fixture
def endpoint(aws: pytest.MonkeyPatch) -> Iterator[FakeDynamoDB]:
    """A fake DynamoDB that every botocore client of the test finds."""
    with FakeDynamoDB() as fake:
        aws.setenv("AWS_ENDPOINT_URL", fake.url)
        yield fake


@pytest.fixture
def client(endpoint: FakeDynamoDB) -> Iterator[dynamodb.Client]:
    """The service's own client, connected to the fake."""
    del endpoint
    connected = dynamodb.connect()
    yield connected
    cast("Any", connected).close()


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The endpoint of a running MiniStack."""
    if not STORAGE.is_dir():
        pytest.skip("MiniStack is not installed in build/tools/storage: run `nox -s tests`.")
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(STORAGE),
        "AUTH": "false",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
        "SERVICES": "dynamodb",
    }
    command = [sys.executable, "-S", "-s", "-m", "ministack"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _await_health(f"http://127.0.0.1:{port}/_ministack/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["memory", "fake", "ministack"])
def repository(
    request: pytest.FixtureRequest, aws: pytest.MonkeyPatch
) -> Iterator[OrderRepository]:
    """Every order store that must keep the contract of OrderRepository."""
    if request.param == "memory":
        yield InMemoryOrders()
        return
    if request.param == "fake":
        request.getfixturevalue("endpoint")
    else:
        aws.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("ministack"))
    client = cast("Any", dynamodb.connect())
    if request.param == "ministack":
        _create_table(client)
    yield DynamoDBOrders(client, TABLE)
    if request.param == "ministack":
        client.delete_table(TableName=TABLE)
    client.close()


def _create_table(client: Any) -> None:
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_health(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"MiniStack did not answer at {url}.")
