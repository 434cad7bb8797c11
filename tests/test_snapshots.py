"""The real zip on Lambda's SnapStart: nothing that a snapshot holds is used by what it starts.

The emulated Lambda runs the hooks and hands credentials out as SnapStart does, but initialises each
environment by itself: what several would share is looked at in a process here.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from console.checkout import ROOT
from emulator.tests.lambda_.runtime.test_snapshots import ANY_PYTHON
from emulator.tests.running import RUNTIME, RunningEmulator, wait_until

from services.order_processor.tests.fakes import FakeDynamoDB

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "orders"
STORE = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
}
VARIABLES = {
    "ORDERS_TABLE_NAME": TABLE,
    "POWERTOOLS_SERVICE_NAME": "orders",
    "POWERTOOLS_METRICS_NAMESPACE": "Orders",
}
_ESTABLISHED = "01"
ORDER = ROOT / "services/order_processor/example-order.json"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """Return an emulated AWS that makes snapshots of this Python, with a table of orders."""
    env_file = tmp_path_factory.mktemp("aws") / "env"
    running = RunningEmulator.start(env_file, program=("-c", ANY_PYTHON))
    running.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
    )
    yield running
    running.stop()


def test_an_order_is_confirmed_by_what_a_snapshot_started(
    aws: RunningEmulator, tmp_path: Path
) -> None:
    """With credentials that it was given at an address: there are no keys in its environment."""
    command = [sys.executable, "-m", "artifact", "build", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    client: Any = aws.client("lambda")
    client.create_function(
        FunctionName="orders",
        Runtime=RUNTIME,
        Handler="order_processor.handler.handler",
        Role=aws.role("dynamodb:PutItem"),
        Code={"ZipFile": (tmp_path / "order_processor" / "order_processor.zip").read_bytes()},
        MemorySize=512,
        Timeout=30,
        Environment={"Variables": VARIABLES},
        SnapStart={"ApplyOn": "PublishedVersions"},
    )
    aws.settled("orders")
    client.publish_version(FunctionName="orders")
    wait_until(
        lambda: (
            client.get_function_configuration(FunctionName="orders", Qualifier="1")["State"]
            == "Active"
        )
    )
    order = json.loads(ORDER.read_text(encoding="utf-8"))
    answer = aws.invoke("orders", order, Qualifier="1", LogType="Tail")
    assert answer.error is None, answer
    assert answer.payload["status"] == "confirmed", answer
    assert "Restore Duration" in base64.b64decode(answer.log or "").decode()


def test_a_snapshot_holds_no_connection_and_no_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are closed before it is taken, and open again with the first order; what is drawn
    after it is restored differs from one environment to the other."""
    import snapshot_restore_py as lambdas  # type: ignore[import-untyped]
    from order_processor import dynamodb, snapshot

    for name in ("_before_snapshot_registry", "_after_restore_registry"):
        monkeypatch.setattr(lambdas, name, [])
    with FakeDynamoDB() as store:
        for name, value in (STORE | {"AWS_ENDPOINT_URL": store.url}).items():
            monkeypatch.setenv(name, value)
        client = dynamodb.connect()
        orders = dynamodb.DynamoDBOrders(client, TABLE)
        orders.prime()
        primed = len(store.requests)
        assert primed
        assert connections(store)
        snapshot.keep_out(client.close)
        for hook, given, named in lambdas.get_before_snapshot():
            hook(*given, **named)
        assert not connections(store)
        held, drawn = random.getstate(), []
        for _ in range(2):
            random.setstate(held)
            for hook, given, named in lambdas.get_after_restore():
                hook(*given, **named)
            drawn.append(random.random())
        assert drawn[0] != drawn[1]
        orders.prime()
        assert len(store.requests) > primed


def connections(store: FakeDynamoDB) -> list[str]:
    """Return the connections that are open to the store."""
    port = f":{urlsplit(store.url).port:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[2].endswith(port) and row[3] == _ESTABLISHED]
