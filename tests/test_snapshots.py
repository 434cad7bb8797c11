"""The real zip on Lambda's SnapStart: nothing that a snapshot holds is used by what it starts.

The emulated Lambda runs the hooks and hands credentials out as SnapStart does, but initialises each
environment by itself: what several would share is looked at in a process here.
"""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
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


RESTORED = 1_000
# Initialises the function as Lambda does, takes a snapshot, and starts children from it: what a
# child has of the process it was forked from is what an environment has of its snapshot. Python
# seeds `random` in a forked child; a snapshot has nobody who does, so its state is put back.
_SNAPSHOT = """
import gc, json, os, random, secrets, socket, sys, uuid
from types import SimpleNamespace
import snapshot_restore_py as lambdas
from order_processor import xray
from order_processor.handler import handler

def sockets():
    names = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return [name for name in names if os.path.islink(name) and "socket:" in os.readlink(name)]

def run(hooks):
    for hook, given, named in hooks:
        hook(*given, **named)

def order(number):
    event = json.loads(sys.argv[1]) | {"orderId": f"restored-{number}"}
    return handler(event, SimpleNamespace(
        aws_request_id=f"request-{number}", function_version="1", function_name="orders",
        memory_limit_in_mb="512", client_context=None,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:orders:1"))

run(lambdas.get_before_snapshot())
gc.unfreeze()
draws = [each for each in gc.get_objects() if isinstance(each, random.Random)]
draws = [each for each in draws if not isinstance(each, random.SystemRandom)]
print(json.dumps({"sockets": sockets(), "generators": len(draws)}), file=sys.stderr)
held = random.getstate()
for number in range(int(sys.argv[2])):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        random.setstate(held)
        run(lambdas.get_after_restore())
        drawn = [random.random(), secrets.token_hex(), uuid.uuid4().hex, xray._entity_id()]
        told = {"drawn": drawn, "answer": order(number)}
        print(json.dumps(told), file=sys.stderr, flush=True)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_thousand_environments_of_one_snapshot_share_nothing(tmp_path: Path) -> None:
    """No socket is open in the snapshot; draws, clocks and request ids are each one's own."""
    environment = (
        STORE
        | VARIABLES
        | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        }
    )
    began = datetime.now(UTC)
    with FakeDynamoDB() as store, (tmp_path / "log").open("w+") as log:
        command = [sys.executable, "-c", _SNAPSHOT, ORDER.read_text(), str(RESTORED)]
        ran = subprocess.run(
            command,
            env=environment | {"AWS_ENDPOINT_URL": store.url},
            stdout=log,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        snapshot, *restored = [json.loads(line) for line in ran.stderr.splitlines()]
        log.seek(0)
        lines = [json.loads(line) for line in log if "order processed" in line]
    assert snapshot == {"sockets": [], "generators": 1}  # the one that is seeded anew
    assert len(restored) == RESTORED
    for draws in zip(*(each["drawn"] for each in restored), strict=True):
        assert len(set(draws)) == RESTORED
    times = [datetime.fromisoformat(each["answer"]["confirmedAt"]) for each in restored]
    assert times == sorted(times)
    assert times[0] < times[-1]
    assert times[0] > began - timedelta(milliseconds=1)
    assert [line["function_request_id"] for line in lines] == [
        f"request-{number}" for number in range(RESTORED)
    ]


def connections(store: FakeDynamoDB) -> list[str]:
    """Return the connections that are open to the store."""
    port = f":{urlsplit(store.url).port:04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[2].endswith(port) and row[3] == _ESTABLISHED]
